package tryton

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gateway stands before Tryton, as a company's proxy does, and can behave as badly.
type gateway struct {
	*httptest.Server
	mu      sync.Mutex
	trouble func(w http.ResponseWriter, method string, pass func() *httptest.ResponseRecorder) bool
	calls   []string
}

func newGateway(t *testing.T, target string) *gateway {
	t.Helper()
	to, err := url.Parse(target)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return // The client went away before it had sent all: Tryton never sees it.
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		var call struct{ Method string }
		_ = json.Unmarshal(raw, &call)
		g.mu.Lock()
		trouble := g.trouble
		g.calls = append(g.calls, call.Method)
		g.mu.Unlock()
		pass := func() *httptest.ResponseRecorder {
			rec := httptest.NewRecorder()
			proxy.ServeHTTP(rec, r.WithContext(t.Context()))
			return rec
		}
		if trouble != nil && trouble(leaving{w, r.Context().Done()}, call.Method, pass) {
			return
		}
		rec := pass()
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) set(trouble func(w http.ResponseWriter, method string, pass func() *httptest.ResponseRecorder) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trouble = trouble
}

// counted returns how many calls of a method came since the last time.
func (g *gateway) counted(method string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, c := range g.calls {
		if c == method {
			n++
		}
	}
	return n
}

// isWrite tells whether a method changes invoices.
func isWrite(method string) bool {
	name, ok := strings.CutPrefix(method, "model.account.invoice.")
	return ok && name != "search_read" && name != "read"
}

// meets makes a trouble of writes that can be switched.
func (g *gateway) meets(what func(w http.ResponseWriter, pass func() *httptest.ResponseRecorder)) func(on bool) {
	return func(on bool) {
		if !on {
			g.set(nil)
			return
		}
		g.set(func(w http.ResponseWriter, method string, pass func() *httptest.ResponseRecorder) bool {
			if isWrite(method) {
				what(w, pass)
			}
			return isWrite(method)
		})
	}
}

func (g *gateway) loses() func(on bool) {
	return g.meets(func(_ http.ResponseWriter, pass func() *httptest.ResponseRecorder) {
		pass()
		panic(http.ErrAbortHandler) // The connection is closed without an answer.
	})
}

func (g *gateway) failsAfter() func(on bool) {
	return g.meets(func(w http.ResponseWriter, pass func() *httptest.ResponseRecorder) {
		pass()
		w.WriteHeader(http.StatusBadGateway)
	})
}

func (g *gateway) slow(d time.Duration) func(on bool) {
	return g.meets(func(w http.ResponseWriter, pass func() *httptest.ResponseRecorder) {
		pass()
		select {
		case <-w.(leaving).gone:
		case <-time.After(d):
		}
		w.WriteHeader(http.StatusGatewayTimeout)
	})
}

// leaving tells when the client went away.
type leaving struct {
	http.ResponseWriter
	gone <-chan struct{}
}

func (g *gateway) refuses() func(on bool) {
	return func(on bool) {
		if !on {
			g.set(nil)
			return
		}
		g.set(func(http.ResponseWriter, string, func() *httptest.ResponseRecorder) bool { panic(http.ErrAbortHandler) })
	}
}
