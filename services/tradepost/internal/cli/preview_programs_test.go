package cli

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

func (d *desk) use(kind string, settings map[string]any) {
	d.t.Helper()
	c := d.config["connections"].(map[string]any)["demo-books"].(map[string]any)
	c["connector"], c["settings"] = kind, settings
	d.write("tradepost.yaml", d.config)
}

// good is an invoice of which nothing is wrong.
func (d *desk) good() string {
	book := d.sandbox.API.Book()
	for _, inv := range d.sandbox.API.Invoices("pending_accounting") {
		if book.Expected[inv.ID].Posted() {
			return inv.Number
		}
	}
	require.Fail(d.t, "all are faulty")
	return ""
}

// A program says beforehand what it has against a document; one that cannot be asked, or
// does not run, is told in words.
func TestPreviewAsksAProgram(t *testing.T) {
	d, broker := newDesk(t), bustest.Server(t)
	broker.JS(t)
	settings := map[string]any{"program": "books", "title": "Paper books", "call_timeout": "5s", "can": []string{"preview"}}
	d.use("remote", settings)
	_, out, _ := d.preview(d.good())
	require.Contains(t, out, "the books cannot be asked now (unreachable): Paper books: nobody was asked: NATS was not reached")

	d.config["nats"] = map[string]any{"url": broker.URL()}
	d.use("remote", settings)
	code, out, _ := d.preview(d.good())
	require.Equal(t, exitCannotLook, code)
	require.Contains(t, out, "the books cannot be asked now (unreachable): Paper books: no program listens to connector.call.books.demo-books")

	nc, err := nats.Connect(broker.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = nc.QueueSubscribe("connector.call.books.*", "books", func(m *nats.Msg) {
		answer := `{"found":{}}`
		if strings.Contains(string(m.Data), `"preview":`) {
			answer = `{"faults":{"faults":[{"code":"books.job_closed","thing":"Job 1042","message":"the job is closed","fix":"Reopen the job.","owner":"FAULT_OWNER_OFFICE"}]}}`
		}
		_ = m.Respond([]byte(answer))
	})
	require.NoError(t, err)
	require.NoError(t, nc.FlushTimeout(time.Minute))
	code, out, _ = d.preview(d.good())
	require.Equal(t, 1, code)
	require.Contains(t, out, "NOT POSTABLE")
	require.Contains(t, out, "the job is closed")
	delete(settings, "can")
	d.use("remote", settings)
	code, out, _ = d.preview(d.good())
	require.Zero(t, code)
	require.Contains(t, out, "Paper books cannot be asked about a document before it is posted")
}

// An endpoint does, too.
func TestPreviewAsksAnEndpoint(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
	key, err := webhook.ParseSecret(secret)
	require.NoError(t, err)
	books := t.TempDir()
	web := httptest.NewServer(&receiver.Receiver{Dir: books, Keys: []webhook.Key{key}, CompanyID: "acme"})
	t.Cleanup(web.Close)
	d := newDesk(t)
	d.use("webhook", map[string]any{"url": web.URL, "title": "Endpoint", "secrets": []string{secret}, "can": []string{"preview"}})
	r, code := d.report(d.good())
	require.Zero(t, code)
	require.Equal(t, preview.Postable, r.Invoices[0].Verdict)
	for _, note := range r.Invoices[0].Notes {
		require.NotContains(t, note, "cannot be asked")
	}
	files, err := os.ReadDir(books)
	require.NoError(t, err)
	require.Empty(t, files)
	web.Close()
	_, out, _ := d.preview(d.good())
	require.Contains(t, out, "the books cannot be asked now (unreachable): Endpoint:")
}
