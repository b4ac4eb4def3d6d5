package cli

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// qboMapping names records of so many kinds that a look at one invoice is more than
// ten reads; most of them are in the books.
const qboMapping = `
version: 1
customers: {match: [name]}
items: {match: [code, name]}
terms: {steps: [{use: Net 30}]}
classes: {line: [{by: line.service_line, table: {Heating: Heating}}]}
departments: {invoice: [{use: Durham Office}]}
tax: {mode: code_map, codes: [{use: NC-WAKE}]}
books_closed_through: 2026-06-30
`

// inQuickBooks gives the desk a company of QuickBooks Online, with the documented limits.
func (d *desk) inQuickBooks(natsURL string) (s *stand.Stand, realm string) {
	d.t.Helper()
	s = stand.New(stand.Options{Book: d.sandbox.API.Book(), PlainNames: true})
	web := httptest.NewServer(s)
	d.t.Cleanup(web.Close)
	realm = s.API.Realms()[0]
	tokens, err := s.API.Connect(realm)
	require.NoError(d.t, err)
	d.config["nats"] = map[string]any{"url": natsURL}
	d.config["connections"] = map[string]any{"demo-qbo": map[string]any{
		"account": "demo", "connector": "quickbooksonline", "mapping_file": "qbo.yaml",
		"settings": map[string]any{"company_id": realm, "url": web.URL, "access_token": tokens.Access, "read_budget": 5000},
	}}
	require.NoError(d.t, os.WriteFile(filepath.Join(d.dir, "qbo.yaml"), []byte(qboMapping), 0o600))
	d.write("tradepost.yaml", d.config)
	return s, realm
}

// countedReads are those of this month in the bucket of the permits.
func countedReads(t *testing.T, b *bustest.Broker) int {
	t.Helper()
	kv, err := b.JS(t).KeyValue(t.Context(), bus.BucketPermits)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	sum := 0
	for _, key := range keys {
		if !strings.Contains(key, ".") {
			continue
		}
		e, err := kv.Get(t.Context(), key)
		require.NoError(t, err)
		var book struct {
			Reads struct {
				Gone int
				By   map[string]int
			}
		}
		require.NoError(t, json.Unmarshal(e.Value(), &book))
		require.Empty(t, book.Reads.By, "the command has left")
		sum += book.Reads.Gone
	}
	return sum
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// Every command that asks QuickBooks keeps to its limits and counts what it reads where
// the services count theirs.
func TestCommandsCountTheirMeteredReads(t *testing.T) {
	broker := bustest.Server(t)
	broker.JS(t)
	d := newDesk(t)
	s, realm := d.inQuickBooks(broker.URL())
	file := filepath.Join(d.dir, "tradepost.yaml")
	last := 0
	for _, command := range [][]string{
		{"preview", "-c", file, strconv.FormatInt(d.sent[0], 10)},
		{"preview", "-c", file, "--pending"},
		{"map", "-c", file, "customers", "demo-qbo"},
		{"doctor", "-c", file},
	} {
		_, out, errs := execute(t, command...)
		if command[0] == "map" {
			out = errs
		}
		made := s.API.Counts(realm)
		require.Zero(t, made.Throttled, "%v: %s", command, out)
		require.Greater(t, made.Metered, last, "%v: %s%s", command, out, errs)
		require.Equal(t, made.Metered, countedReads(t, broker), "%v: %s", command, out)
		require.NotContains(t, out, "CANNOT LOOK")
		require.Contains(t, lastLine(out), "Metered reads: "+strconv.Itoa(made.Metered-last)+", of the access token's app, which made "+
			strconv.Itoa(made.Metered)+" of 5000 in ", command)
		last = made.Metered
	}
	_, out, _ := execute(t, "preview", "-c", file, "--pending", "-o", "json")
	require.Contains(t, out, `"metered_reads": "Metered reads: `)
}

// Without NATS, or as a user who may not write there, a command keeps to the limits by
// itself and says that its reads are in no count.
func TestReadsThatNobodyCountsAreTold(t *testing.T) {
	guarded := bustest.Server(t, func(o *server.Options) {
		o.Users = []*server.User{
			{Username: "all", Password: "all"},
			{Username: "some", Password: "some", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"$KV.permits.>"}}}},
		}
		o.NoAuthUser = "all"
	})
	guarded.JS(t)
	for name, test := range map[string]struct{ url, why string }{
		"away":    {"nats://127.0.0.1:1", "NATS was not reached"},
		"may not": {strings.Replace(guarded.URL(), "nats://", "nats://some:some@", 1), "NATS does not let it take part"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			s, realm := d.inQuickBooks(test.url)
			_, out, errs := d.preview("--pending")
			made := s.API.Counts(realm)
			require.Zero(t, made.Throttled, out)
			require.Greater(t, made.Metered, 10, "%s%s", out, errs)
			require.Contains(t, lastLine(out), "Metered reads: "+strconv.Itoa(made.Metered)+", of the access token's app. Not in its count of the month: "+
				strconv.Itoa(made.Metered)+", since "+test.why)
		})
	}
}
