package pipeline_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
)

const endpointSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// An endpoint of the user's own takes invoices, and now and then loses an answer after it
// made the document, or a request before: each invoice is there once, to the cent.
func TestAnEndpointThatLosesAnswers(t *testing.T) {
	key, err := webhook.ParseSecret(endpointSecret)
	require.NoError(t, err)
	p := newPlant(t)
	s := p.add("acme", 7)
	books := filepath.Join(p.dir, "endpoint")
	require.NoError(t, os.Mkdir(books, 0o750))
	own := &receiver.Receiver{Dir: books, Keys: []webhook.Key{key}, CompanyID: "acme", CompanyName: "Acme"}
	var posts, lost atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			own.ServeHTTP(w, r)
			return
		}
		switch posts.Add(1) % 7 {
		case 2: // after the commit
			own.ServeHTTP(httptest.NewRecorder(), r)
			lost.Add(1)
			panic(http.ErrAbortHandler)
		case 5: // before it
			lost.Add(1)
			panic(http.ErrAbortHandler)
		}
		own.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	p.connections["acme-books"] = map[string]any{
		"account": "acme", "connector": "webhook", "mapping_file": "acme.yaml",
		"settings": map[string]any{"url": web.URL, "secrets": []string{endpointSecret}, "call_timeout": "2s", "parallel": 4, "atomic_marker": true},
	}
	p.put("acme.yaml", mappingOf(s.API.Book()))
	p.start()
	ids := p.send("acme", 14)
	p.awaitSettled("acme")
	require.GreaterOrEqual(t, lost.Load(), int64(3))
	requirePaper(t, p, books, len(ids))
	require.NotContains(t, p.log.String(), endpointSecret)
}
