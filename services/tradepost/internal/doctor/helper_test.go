package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

type object = map[string]any

// world is a sandbox and a configuration for it.
type world struct {
	t       *testing.T
	dir     string
	sandbox *sandbox.Sandbox
	account object
	conn    object
	mapping object
	nats    object
	options doctor.Options
}

func newWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	if o.Book == nil {
		o.Book = sandbox.DemoBook(1)
	}
	s := sandbox.New(o)
	t.Cleanup(s.Close)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	connectors, err := deliver.Connectors()
	require.NoError(t, err)
	return &world{
		t: t, dir: t.TempDir(), sandbox: s,
		account: object{
			"url": web.URL + "/api", "username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
			"invoice_entity_type": sandbox.DefaultInvoiceEntityType, "external_system": sandbox.DefaultExternalSystem,
		},
		conn: object{
			"account": "acme", "connector": "hledger", "display_name": "Main books", "mapping_file": "mapping.yaml",
			"settings": object{"journal_dir": "books", "check": "when_installed"},
		},
		mapping: object{"version": 1, "items": object{"default": "SERVICE"}, "books_closed_through": "2026-06-30"},
		nats:    object{},
		options: doctor.Options{Connectors: connectors, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }},
	}
}

// write writes the files and returns the options of a look at them.
func (w *world) write() doctor.Options {
	w.t.Helper()
	w.file("mapping.yaml", w.mapping)
	w.options.Path = w.file("tradepost.yaml", object{
		"nats":        w.nats,
		"accounts":    object{"acme": object{"time_zone": "America/Chicago", "servicetrade": w.account}},
		"connections": object{"acme-books": w.conn},
	})
	return w.options
}

func (w *world) file(name string, content any) string {
	w.t.Helper()
	raw, err := yaml.Marshal(content)
	require.NoError(w.t, err)
	path := filepath.Join(w.dir, name)
	require.NoError(w.t, os.WriteFile(path, raw, 0o600))
	return path
}

func (w *world) run() *doctor.Report {
	w.t.Helper()
	return w.runOpen(0)
}

// runOpen is run while others have sessions of their own.
func (w *world) runOpen(sessions int) *doctor.Report {
	w.t.Helper()
	return w.sealOpen(doctor.Run(w.t.Context(), w.write()), sessions)
}

func (w *world) find(invoice int64, text string) *doctor.Report {
	w.t.Helper()
	o := w.write()
	o.Account, o.InvoiceID, o.Text = "acme", invoice, text
	return w.seal(doctor.Find(w.t.Context(), o))
}

// seal makes sure that the look changed nothing in ServiceTrade, and that every
// complaint says what to do.
func (w *world) seal(r *doctor.Report) *doctor.Report {
	w.t.Helper()
	return w.sealOpen(r, 0)
}

func (w *world) sealOpen(r *doctor.Report, sessions int) *doctor.Report {
	w.t.Helper()
	for _, request := range w.sandbox.API.Requests(sandbox.RequestFilter{}) {
		if request.Method != http.MethodGet {
			require.Contains(w.t, []string{"/api/auth", "/api/oauth2/token", "/api/oauth2/revoke"}, request.Path, request.Method)
		}
	}
	require.Equal(w.t, sessions, w.sandbox.API.Sessions(), "a session was left open, or another's ended")
	for _, one := range r.Results {
		if one.Status == doctor.Fail || one.Status == doctor.Warn {
			require.NotEmpty(w.t, one.Problem, one)
			require.NotEmpty(w.t, one.Owner, one)
			require.NotEmpty(w.t, one.Fix, one)
		}
	}
	require.Equal(w.t, r.Counts[doctor.Fail] == 0, r.OK)
	return r
}

// setUpBooks makes the books as the first use of the connection does.
func (w *world) setUpBooks() connector.Company {
	w.t.Helper()
	ledger, err := hledger.New(hledger.Config{JournalDir: filepath.Join(w.dir, "books")}, connector.Settings{Connection: "acme-books"})
	require.NoError(w.t, err)
	company, err := ledger.Company(w.t.Context())
	require.NoError(w.t, err)
	return company
}

// store puts a record of the connection into its bucket.
func store(t *testing.T, js jetstream.JetStream, record string) {
	t.Helper()
	kv, err := js.KeyValue(t.Context(), bus.BucketConnections)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), "acme-books", record)
	require.NoError(t, err)
}

// of returns the results of one check.
func of(r *doctor.Report, system, check string) []doctor.Result {
	return slices.DeleteFunc(slices.Clone(r.Results), func(one doctor.Result) bool {
		return one.System != system || one.Check != check
	})
}

// only returns the one result of a check.
func only(t *testing.T, r *doctor.Report, system, check string) doctor.Result {
	t.Helper()
	found := of(r, system, check)
	require.Len(t, found, 1, "%s: %s\n%s", system, check, r.Text(doctor.MaxWidth, nil))
	return found[0]
}

// tree is all files below dir with size and time.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			list = append(list, path+" "+info.ModTime().String())
		}
		return err
	}))
	return list
}

const onAccount, onBooks = "account acme", "connection acme-books"
