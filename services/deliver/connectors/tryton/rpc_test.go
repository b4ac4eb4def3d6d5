package tryton

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// What only a PostgreSQL database, a proxy or another version says comes from a server
// that answers what it is told to. Everything else is tested against Tryton itself.
func saying(t *testing.T, answer func(method string) (status int, body string)) *Books {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var call struct{ Method string }
		_ = json.Unmarshal(raw, &call)
		status, body := answer(call.Method)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return books(t, server.URL, "acme")
}

// signedIn answers what comes before the call of interest.
func signedIn(method string) (string, bool) {
	switch method {
	case "common.db.login":
		return `{"id":1,"result":[2,"f00"]}`, true
	case "model.res.user.get_preferences":
		return `{"id":1,"result":{"company":1,"language":"en"}}`, true
	case "model.company.company.search_read":
		return `{"id":1,"result":[{"id":1,"party":1,"party.":{"rec_name":"Acme"},"currency":1,"currency.":{"code":"USD"},"create_date":null}]}`, true
	}
	return "", false
}

func TestAnswersAndWhatTheyMean(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		reason string
		scope  tradepostv1.WaitScope
	}{
		"PostgreSQL, a lock": {
			200, `{"id":1,"error":["could not obtain lock on row in relation \"ir_sequence_strict\"\n",""]}`, reasonBusy, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE,
		},
		"PostgreSQL, serialisation": {
			200, `{"id":1,"error":["could not serialize access due to concurrent update\n",""]}`, reasonBusy, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE,
		},
		"SQLite, another writer": {200, `{"id":1,"error":["database is locked",""]}`, reasonBusy, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE},
		"another write":          {200, `{"id":1,"error":["ConcurrencyException","Records were modified in the meanwhile"]}`, reasonBusy, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE},
		"a mistake of Tryton":    {200, `{"id":1,"error":["'bogus'",""]}`, reasonError, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE},
		"too many calls":         {429, ``, connector.ReasonThrottled, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION},
		"not allowed":            {403, ``, reasonForbidden, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION},
		"a proxy without Tryton": {502, `<html>`, connector.ReasonUnreachable, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION},
		"something else":         {200, `<html>`, connector.ReasonUnreachable, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION},
		"never signed in":        {401, ``, connector.ReasonSignedOut, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION},
	} {
		t.Run(name, func(t *testing.T) {
			b := saying(t, func(method string) (int, string) {
				if body, before := signedIn(method); before {
					return 200, body
				}
				return c.status, c.body
			})
			_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
			answer, is := connector.AnswerOf(err)
			require.True(t, is, "%v", err)
			wait := answer.(connector.Wait)
			require.Equal(t, c.reason, wait.Reason)
			require.Equal(t, c.scope, wait.Scope)
			if c.status == http.StatusTooManyRequests {
				require.GreaterOrEqual(t, wait.For, throttleTime)
			}
			// Nothing is made while nobody can look.
			require.IsType(t, connector.Wait{}, b.Create(t.Context(), postingOf(t, sample(1))))
		})
	}
}

func TestAUniqueIndexIsToldByBothDatabases(t *testing.T) {
	for _, text := range []string{
		"duplicate key value violates unique constraint \"tradepost_reference\"\nDETAIL:  Key (company, reference)=(1, st-acme-1) already exists.\n",
		`UNIQUE constraint failed: account_invoice.company, account_invoice.reference`,
	} {
		raw, err := json.Marshal(map[string]any{"id": 1, "error": []any{text, ""}})
		require.NoError(t, err)
		require.True(t, taken(readAnswer("x", raw, nil)), text)
	}
	require.False(t, taken(readAnswer("x", []byte(`{"error":["UserError",["The code must be unique: duplicate key value",""]]}`), nil)), "that is Tryton's own")
}

// Five wrong passwords lock a user out of Tryton: they are never reached.
func TestAWrongPasswordIsNotTriedAgainAtOnce(t *testing.T) {
	var logins atomic.Int64
	b := saying(t, func(method string) (int, string) {
		if method == "common.db.login" {
			logins.Add(1)
		}
		return http.StatusUnauthorized, ""
	})
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	b.client.now = func() time.Time { return now }
	for range 20 {
		faults := b.Check(t.Context())
		require.Equal(t, "connection.signed_out", faults[0].GetCode())
		now = now.Add(15 * time.Second) // as often as a paused connection is probed
	}
	require.LessOrEqual(t, logins.Load(), int64(4), "within five minutes")
}

func TestASecretIsInNoError(t *testing.T) {
	b := saying(t, func(string) (int, string) { return http.StatusInternalServerError, "" })
	_, err := b.Company(t.Context())
	require.Error(t, err)
	require.NotContains(t, err.Error(), b.cfg.Password.Reveal())
}

func TestSettingsThatAreWrongAreNamed(t *testing.T) {
	_, err := New(Config{}, connector.Settings{Connection: "acme-books"})
	for _, setting := range []string{"url", "database", "user", "password"} {
		require.ErrorContains(t, err, "setting "+setting+":")
	}
	_, err = New(Config{
		URL: "ftp://x", Database: "d", User: "u", Password: connection.NewSecret("p"), NumberOrder: "none", CallTimeout: 1, Settling: 1,
	}, connector.Settings{})
	for _, setting := range []string{"url", "number_order", "call_timeout", "settling"} {
		require.ErrorContains(t, err, "setting "+setting+":")
	}
}

// Two connections on the same company are refused by this name.
func TestTheSameBooksHaveTheSameName(t *testing.T) {
	one, same := books(t, "https://Tryton.example/", "acme"), books(t, "https://tryton.example", "acme")
	require.Equal(t, one.Location(), same.Location())
	other := books(t, "https://tryton.example", "acme", func(c *Config) { c.Company = "Other" })
	require.NotEqual(t, one.Location(), other.Location())
}

// Whatever a server answers, it is an answer or an error, and an answer that cannot be
// read leaves a write in doubt.
func FuzzReadAnswer(f *testing.F) {
	for _, s := range []string{`{"id":1,"result":[1]}`, `{"error":["UserError",["a","b",null]]}`, `{"error":[["x"],1]}`, `{"error":["UserWarning",["w","t",""]]}`, `[`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var into []invoice
		err := readAnswer("model.account.invoice.search_read", raw, &into)
		_, refused := errors.AsType[*refusal](err)
		if err != nil && !refused && !doubtful(err) {
			t.Fatalf("%v is neither a refusal nor a doubt", err)
		}
	})
}

func FuzzReadStamp(f *testing.F) {
	p := connector.Posting{Document: sample(1), DocumentHash: "00000000000000000000000000000000"}
	f.Add(stampOf(p, decimal.NewFromInt(3)))
	f.Add("tradepost st-a-1 invoice 2026-11-22 1 zz")
	f.Fuzz(func(t *testing.T, notes string) {
		if s, ok := readStamp(notes); ok && (s.hash == "" || s.marker == "") {
			t.Fatalf("half a stamp: %+v", s)
		}
	})
}

// What a note says besides never becomes a stamp, and never hides one.
func TestAStampIsReadBackWhateverStandsBesideIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := sample(rapid.Int64Range(1, 1<<40).Draw(t, "id"))
		total := decimal.New(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "cents"), -2)
		hash := rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "hash")
		note := joined("\n", paragraph(rapid.String().Draw(t, "note")), stampOf(connector.Posting{Document: d, DocumentHash: hash}, total))
		s, ok := readStamp(note)
		if !ok || s.hash != hash || s.marker != d.GetMarker() || !s.total.Equal(total) || s.date != d.GetIssueDate() {
			t.Fatalf("%q was read as %+v", note, s)
		}
	})
	two := stampOf(connector.Posting{Document: sample(1), DocumentHash: string(bytes.Repeat([]byte("a"), 64))}, decimal.Zero)
	_, ok := readStamp(two + "\n" + two)
	require.False(t, ok, "two stamps say nothing")
}

// A quantity and a price are kept only where Tryton makes the very amount of them.
func TestWhatALineIsSplitIntoComesToItsAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(digits int32, name string) string {
			return decimal.New(rapid.Int64Range(-9_999_999, 9_999_999).Draw(t, name), -digits).String()
		}
		ln := &tradepostv1.Line{Quantity: text(rapid.Int32Range(0, 5).Draw(t, "q"), "quantity"), UnitPrice: text(rapid.Int32Range(0, 6).Draw(t, "p"), "price")}
		amount := decimal.RequireFromString(ln.Quantity).Mul(decimal.RequireFromString(ln.UnitPrice)).Round(2)
		ln.Amount = amount.String()
		w := &builder{d: sample(1), sign: decimal.NewFromInt(1)}
		quantity, price, _ := w.split("x", ln, amount, 2)
		if !quantity.Mul(price).RoundBank(2).Equal(amount) || !quantity.Equal(quantity.Round(2)) || !price.Equal(price.Round(priceDigits)) {
			t.Fatalf("%s x %s is not %s", quantity, price, amount)
		}
	})
}
