package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/runtime"
)

const retryConfig = `
nats: {url: %q}
accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: "http://127.0.0.1:1", username: u, password: p, invoice_entity_type: 13}
  other:
    time_zone: America/Chicago
    servicetrade: {url: "http://127.0.0.1:1", username: o, password: p, invoice_entity_type: 13}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: mapping.yaml, settings: {journal_dir: books}}
  other-books: {account: other, connector: hledger, mapping_file: mapping.yaml, settings: {journal_dir: others}}
`

// shelf is a NATS server with records, and the configuration that names it.
type shelf struct {
	t    *testing.T
	js   jetstream.JetStream
	path string
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	broker := bustest.Server(t)
	s := &shelf{t: t, js: broker.JS(t), path: filepath.Join(t.TempDir(), "tradepost.yaml")}
	config := fmt.Sprintf(retryConfig, broker.URL())
	require.NoError(t, os.WriteFile(s.path, []byte(config), 0o600))
	mapping := "version: 1\ncustomers: {match: [external_id]}\nitems: {match: [code], default: X}\n"
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(s.path), "mapping.yaml"), []byte(mapping), 0o600))
	return s
}

func (s *shelf) keep(account, connection string, id int, fields string) {
	s.t.Helper()
	kv, err := s.js.KeyValue(s.t.Context(), bus.BucketInvoices)
	require.NoError(s.t, err)
	_, err = kv.PutString(s.t.Context(), fmt.Sprintf("%s.%d", account, id),
		fmt.Sprintf(`{"account":%q,"invoiceId":"%d","connection":%q,"send":"2",%s}`, account, id, connection, fields))
	require.NoError(s.t, err)
}

func failedAt(closed string, codes ...string) string {
	return fmt.Sprintf(`"state":"RECORD_STATE_CLOSED","settlement":"SETTLEMENT_FAILED","closedAt":%q,"outcome":{"faultCodes":["%s"]}`,
		closed, strings.Join(codes, `","`))
}

const (
	held      = `"state":"RECORD_STATE_HELD","heldReason":"message.unreadable: no JSON"`
	processed = `"state":"RECORD_STATE_CLOSED","settlement":"SETTLEMENT_PROCESSED","closedAt":"2026-11-20T12:00:00Z"`
)

func (s *shelf) fill() {
	s.keep("acme", "acme-books", 1, failedAt("2026-11-20T05:59:59Z", "customer.not_mapped"))
	s.keep("acme", "acme-books", 2, failedAt("2026-11-20T06:00:00Z", "customer.not_mapped", "item.not_mapped", "item.not_mapped"))
	s.keep("acme", "acme-books", 3, processed)
	s.keep("acme", "acme-books", 4, held)
	s.keep("acme", "acme-books", 5, `"state":"RECORD_STATE_OPEN"`)
	s.keep("other", "other-books", 6, failedAt("2026-11-20T06:00:00Z", "item.not_mapped"))
	s.keep("acme", "gone-books", 7, failedAt("2026-11-20T06:00:00Z", "item.not_mapped"))
}

// commands returns the invoices that a retry was asked for, each after its send.
func (s *shelf) commands() []string {
	s.t.Helper()
	var all []string
	for _, connection := range []string{"acme-books", "other-books", "gone-books"} {
		err := bus.Of(s.t.Context(), s.js, bus.StreamCommand, "invoice.command."+connection+".*", func(m bus.Message) error {
			c := &tradepostv1.InvoiceCommand{}
			require.NoError(s.t, bus.Decode(m, c))
			require.NotNil(s.t, c.GetRetry())
			require.Contains(s.t, c.GetBy(), "tradepost retry")
			require.Equal(s.t, int64(2), c.GetFollowsSend())
			all = append(all, fmt.Sprintf("%d %s", m.Subject.InvoiceID, c.GetReason()))
			return nil
		})
		require.NoError(s.t, err)
	}
	return all
}

// say runs a command line with somebody at the terminal who types answer.
func (s *shelf) say(answer string, args ...string) (code int, out string) {
	s.t.Helper()
	var both bytes.Buffer
	root := newRoot()
	root.SetArgs(append(args, "-c", s.path))
	root.SetIn(strings.NewReader(answer))
	root.SetOut(&both)
	root.SetErr(&both)
	if err := root.ExecuteContext(s.t.Context()); err != nil {
		return runtime.ExitFailure, both.String() + err.Error()
	}
	return runtime.ExitOK, both.String()
}

func TestRetryTakesWhatIsMeant(t *testing.T) {
	for name, c := range map[string]struct {
		flags []string
		want  []string
	}{
		"a cause":                   {[]string{"--cause", "item.not_mapped"}, []string{"2 ", "6 "}},
		"a cause of a held one":     {[]string{"--cause", "message.unreadable"}, []string{"4 "}},
		"a connection":              {[]string{"--connection", "acme-books"}, []string{"1 ", "2 ", "4 "}},
		"an account":                {[]string{"--account", "other"}, []string{"6 "}},
		"since a day of the office": {[]string{"--connection", "acme-books", "--since", "2026-11-20", "--cause", "customer.not_mapped"}, []string{"2 "}},
		"until a day, that included": {
			[]string{"--connection", "acme-books", "--until", "2026-11-19", "--reason", "mended"},
			[]string{"1 mended"},
		},
		"between two times": {[]string{"--since", "2026-11-20T05:59:59Z", "--until", "2026-11-20T06:00:00Z"}, []string{"1 "}},
		"the last hour":     {[]string{"--since", "1h"}, []string{"4 "}},
		"all":               {[]string{"--all"}, []string{"1 ", "2 ", "4 ", "6 "}},
		"nothing":           {[]string{"--cause", "tax.mismatch"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.fill()
			code, out := s.say("", append([]string{"retry", "--dry-run"}, c.flags...)...)
			require.Equal(t, runtime.ExitOK, code, out)
			require.Empty(t, s.commands(), "a dry run changes nothing")
			code, out = s.say("", append([]string{"retry", "--yes"}, c.flags...)...)
			require.Equal(t, runtime.ExitOK, code, out)
			require.Equal(t, c.want, s.commands(), out)
		})
	}
}

func TestRetryShowsAndAsks(t *testing.T) {
	s := newShelf(t)
	s.fill()
	for _, answer := range []string{"", "n\n", "what\n", "y\n"} {
		_, out := s.say(answer, "retry", "--all")
		require.Contains(t, out, "4 invoices would be tried again\n")
		require.Contains(t, out, "       2  customer.not_mapped (Customers not linked to the books)\n")
		require.Contains(t, out, "acme-books 4, send 2, held since")
		require.Contains(t, out, "acme-books 1, send 2, failed 2026-11-19T23:59:59-06:00\n", "in the account's time zone, which is told")
		require.Contains(t, out, "left out: 1 invoice of connections that the configuration does not have")
		require.Contains(t, out, "Ask for a retry of 4 invoices? [y/N]")
		if answer != "y\n" {
			require.Contains(t, out, "nothing was asked for")
			require.Empty(t, s.commands())
		}
	}
	require.Len(t, s.commands(), 4)
}

func TestRetryJSON(t *testing.T) {
	s := newShelf(t)
	s.fill()
	code, out := s.say("", "retry", "--all", "--dry-run", "-o", "json")
	require.Equal(t, runtime.ExitOK, code)
	var got struct {
		Invoices, Skipped, Asked int
		Causes                   []struct {
			Code     string
			Invoices int
			Examples []struct{ Connection string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, 4, got.Invoices)
	require.Equal(t, 0, got.Asked)
	require.Equal(t, "customer.not_mapped", got.Causes[0].Code)
	require.Equal(t, 2, got.Causes[0].Invoices)
}

// Many records are looked at one after the other, while the commands are published.
func TestRetryOfMany(t *testing.T) {
	s := newShelf(t)
	const n = 1500
	for id := 1; id <= n; id++ {
		s.keep("acme", "acme-books", id, failedAt("2026-11-20T06:00:00Z", "item.not_mapped"))
	}
	_, out := s.say("y\n", "retry", "--cause", "item.not_mapped")
	require.Contains(t, out, fmt.Sprintf("asked for a retry of %d invoices", n))
	require.Equal(t, 1, strings.Count(out, "acme-books 3, send 2"), "few examples")
	require.NotContains(t, out, "acme-books 4, send 2")
	st, err := s.js.Stream(t.Context(), bus.StreamCommand)
	require.NoError(t, err)
	require.Equal(t, uint64(n), st.CachedInfo().State.Msgs)
}

func TestRetryOfOne(t *testing.T) {
	s := newShelf(t)
	s.fill()
	for _, args := range [][]string{{"2"}, {"acme-books", "2"}, {"4"}} {
		code, out := s.say("", append([]string{"retry"}, args...)...)
		require.Equal(t, runtime.ExitOK, code, out)
		require.Contains(t, out, "asked for a retry of invoice "+args[len(args)-1])
	}
	require.Equal(t, []string{"2 ", "2 ", "4 "}, s.commands())
	for want, args := range map[string][]string{
		"did not fail":                      {"3"},
		"no invoice 99":                     {"99"},
		"has no connection \"nowhere\"":     {"nowhere", "2"},
		"no invoice 6":                      {"acme-books", "6"},
		"are for many invoices":             {"2", "--all"},
		"name an invoice, or say which":     {},
		"is no date":                        {"--since", "yesterday"},
		"is customer.not_mapped meant?":     {"--cause", "customer.notmapped"},
		"there is no cause \"no.such\"":     {"--cause", "no.such", "--dry-run"},
		"no time is between them":           {"--since", "2026-11-20", "--until", "2026-11-18"},
		"--since \"-3h\" is no date":        {"--since=-3h"},
		"has no account":                    {"--account", "nobody"},
		"belongs to account other, not to ": {"6", "--connection", "other-books", "--account", "acme"},
	} {
		code, out := s.say("y\n", append([]string{"retry"}, args...)...)
		require.Equal(t, runtime.ExitFailure, code)
		require.Contains(t, out, want)
	}
	require.Len(t, s.commands(), 3)
}

func TestMoment(t *testing.T) {
	zone, err := time.LoadLocation("America/Chicago")
	require.NoError(t, err)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-11-01":           "2026-11-02T06:00:00Z", // the clocks change on that day: it has 25 hours
		"2026-11-20T06:00:00Z": "2026-11-20T06:00:00Z",
		"36h":                  "2026-11-21T00:00:00Z",
	} {
		got, err := moment("until", text, zone, now, 1)
		require.NoError(t, err)
		require.Equal(t, want, got.UTC().Format(time.RFC3339), text)
	}
}

func TestSettleAsksForWhatIsHeld(t *testing.T) {
	s := newShelf(t)
	s.fill()
	code, out := s.say("", "settle", "4", "--document", "INV-7", "--kind", "credit-memo", "--reason", "entered by hand")
	require.Equal(t, runtime.ExitOK, code, out)
	require.Contains(t, out, "asked to settle invoice 4 over connection acme-books with document INV-7 after send 2")
	n := 0
	require.NoError(t, bus.Of(t.Context(), s.js, bus.StreamCommand, "invoice.command.acme-books.4", func(m bus.Message) error {
		n++
		c := &tradepostv1.InvoiceCommand{}
		require.NoError(t, bus.Decode(m, c))
		require.Equal(t, int64(2), c.GetFollowsSend())
		require.Equal(t, "INV-7", c.GetSettleByHand().GetDocumentId())
		require.Equal(t, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, c.GetSettleByHand().GetKind())
		require.Equal(t, "entered by hand", c.GetReason())
		return nil
	}))
	require.Equal(t, 1, n)
	for want, args := range map[string][]string{
		"send 2 is closed":        {"2", "--document", "x"},
		"--document is missing":   {"4"},
		"may be invoice or credi": {"4", "--document", "x", "--kind", "bill"},
	} {
		code, out := s.say("", append([]string{"settle"}, args...)...)
		require.Equal(t, runtime.ExitFailure, code)
		require.Contains(t, out, want)
	}
}
