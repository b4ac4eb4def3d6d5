package pipeline_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

// The connections of one account, and the job types that tell those of office 702
// apart.
var (
	repairTypes = []string{"repair", "inspection", "reinspection", "service_call", "emergency_service_call", "installation"}
	asleepTypes = []string{"cleaning", "delivery", "construction"}
)

func sharedAccount() map[string]any {
	return map[string]any{
		"durham": map[string]any{"filter": map[string]any{"offices": []int{701}}},
		"repair": map[string]any{"filter": map[string]any{"offices": []int{702}, "job_types": repairTypes}},
		"asleep": map[string]any{"filter": map[string]any{"offices": []int{702}, "job_types": asleepTypes}, "enabled": false},
		"rest":   map[string]any{"filter": "otherwise"},
	}
}

// belongs tells where an invoice has to go, from what the sandbox's book holds.
func belongs(t *testing.T, b *sandbox.Book, inv sandbox.Invoice) string {
	t.Helper()
	offices, kind := []int64{}, ""
	for _, j := range b.Jobs {
		if j.ID == inv.JobID {
			offices, kind = []int64{j.OfficeID}, j.Type
		}
	}
	for _, l := range b.Locations {
		if inv.JobID == 0 && l.ID == inv.LocationID {
			offices = l.OfficeIDs
		}
	}
	switch {
	case slices.Contains(offices, 701):
		return "durham"
	case slices.Contains(offices, 702) && slices.Contains(repairTypes, kind):
		return "repair"
	case slices.Contains(offices, 702) && slices.Contains(asleepTypes, kind):
		return "asleep"
	default:
		return "rest"
	}
}

func TestConnectionsOfOneAccountShareItsInvoices(t *testing.T) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 5, Invoices: 60, Faults: sandbox.DemoFaults()})
	st := sandbox.New(sandbox.Options{Book: book, Configured: true})
	web := httptest.NewServer(st)
	t.Cleanup(web.Close)
	dir := t.TempDir()
	config := loadShared(t, dir, web.URL, book)
	health := run(t, dir, config)

	want := map[string][]int64{}
	ids, err := st.API.SendAll("")
	require.NoError(t, err)
	for _, id := range ids {
		inv, err := st.API.Invoice(id)
		require.NoError(t, err)
		to := belongs(t, book, inv)
		want[to] = append(want[to], id)
	}
	require.Len(t, want, 4, "the book has invoices for each: %v", want)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err = st.API.Await(ctx, func(a *sandbox.API) bool { return a.Counts()["pending_accounting"] == len(want["asleep"]) })
	require.NoError(t, err, "%v", st.API.Counts())
	for _, id := range []string{"durham", "repair", "rest"} {
		requireBooks(t, st, filepath.Join(dir, id), want[id])
	}
	require.NoDirExists(t, filepath.Join(dir, "asleep"))
	for _, id := range want["asleep"] {
		require.Eventually(t, func() bool {
			told := health.Readiness().Checks["ingest/unmatched invoices"]
			return strings.Contains(told, strconv.FormatInt(id, 10)) && strings.Count(told, "connection asleep takes it, which is disabled") == 1
		}, 10*time.Second, 10*time.Millisecond, "%d", id)
		reads := st.API.Requests(sandbox.RequestFilter{Method: http.MethodGet, Prefix: fmt.Sprintf("/api/invoice/%d", id)})
		require.Len(t, reads, 1, "a poll every second costs no call for what waits")
	}
	require.True(t, health.Readiness().OK(), "it does its work for the others")
}

// requireBooks compares the books of one connection with the invoices that belong
// there: those that can be posted, and no other.
func requireBooks(t *testing.T, st *sandbox.Sandbox, dir string, ids []int64) {
	t.Helper()
	var want []string
	for _, id := range ids {
		inv, err := st.API.Invoice(id)
		require.NoError(t, err)
		if !st.API.Book().Expected[id].Posted() {
			require.Equal(t, "failed", inv.Status, "invoice %d", id)
			continue
		}
		require.Equal(t, "processed", inv.Status, "invoice %d", id)
		want = append(want, fmt.Sprintf("st-acme-%d", id))
	}
	tie, err := hledger.TieOut(t.Context(), dir, "")
	require.NoError(t, err)
	require.Equal(t, len(want), tie.Count)
	for _, marker := range want {
		require.Contains(t, tie.Documents, marker)
	}
}

// run runs the pipeline until the test ends.
func run(t *testing.T, dir string, config *connection.Config) *runtime.Health {
	t.Helper()
	broker, err := embedded.Start(filepath.Join(dir, "nats"), "127.0.0.1:0")
	require.NoError(t, err)
	health := runtime.NewHealth()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- pipeline.Run(ctx, pipeline.Options{
			Config: config, NATS: broker, FirstInstall: true, Log: slog.New(slog.DiscardHandler), Health: health, Metrics: runtime.NewMetrics(),
		})
	}()
	t.Cleanup(func() {
		cancel()
		err := <-done
		broker.Stop()
		require.NoError(t, err)
	})
	return health
}

func loadShared(t *testing.T, dir, url string, book *sandbox.Book) *connection.Config {
	t.Helper()
	connections := sharedAccount()
	for id, c := range connections {
		one := c.(map[string]any)
		one["account"], one["connector"], one["mapping_file"] = "acme", "hledger", "mapping.yaml"
		one["settings"] = map[string]any{"journal_dir": id}
	}
	table := func(rows []sandbox.TableRow) map[string]string {
		m := map[string]string{}
		for _, r := range rows {
			m[strconv.FormatInt(r.ID, 10)] = r.Key
		}
		return m
	}
	files := map[string]any{
		"tradepost.yaml": map[string]any{
			"http": map[string]any{"listen": "off"},
			"accounts": map[string]any{"acme": map[string]any{
				"time_zone": book.TimeZone,
				"servicetrade": map[string]any{
					"url": url + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
					"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "poll_interval": "1s", "external_system": book.ExternalSystem,
				},
			}},
			"connections": connections,
		},
		"mapping.yaml": map[string]any{
			"version":              1,
			"customers":            map[string]any{"match": []string{"external_id", "table"}, "table": table(book.CustomerTable)},
			"items":                map[string]any{"match": []string{"external_id", "table"}, "table": table(book.ItemTable)},
			"accounts":             map[string]any{"receivable": "assets:receivable", "revenue_default": "revenue"},
			"tax":                  map[string]any{"mode": "none"},
			"books_closed_through": book.BooksClosedThrough,
		},
	}
	for name, content := range files {
		text, err := yaml.Marshal(content)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	config, err := connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
	require.NoError(t, err)
	return config
}
