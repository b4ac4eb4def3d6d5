package reqlog

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	maxBody  = 8 << 10
	hidden   = "(hidden)"
	unsigned = ""
)

type noteKey struct{}

// note collects what handlers further in know about the request.
type note struct {
	user, fault string
	arrived     time.Time
}

// SetUser tells the log who asked.
func SetUser(ctx context.Context, user string) {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		n.user = user
	}
}

// SetFault tells the log which fault was played.
func SetFault(ctx context.Context, fault string) {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		n.fault = fault
	}
}

// Arrived tells when the request came, before any fault was played; zero outside of a
// logged request.
func Arrived(ctx context.Context) time.Time {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n.arrived
	}
	return time.Time{}
}

// Middleware logs every request that passes. Who has read an answer to its end
// finds it finished in the log.
func (l *Log) Middleware(now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := now()
		n := &note{user: unsigned, arrived: start}
		body := readBody(r)
		sequence := l.Begin(Entry{
			Time: start, Method: r.Method, Path: r.URL.Path, Query: cleanQuery(r.URL.RawQuery),
			Body: cleanBody(r.URL.Path, body), Agent: r.UserAgent(),
		})
		recorder := &answerWriter{ResponseWriter: w}
		recorder.end = sync.OnceFunc(func() {
			l.Finish(sequence, func(e *Entry) {
				e.Status, e.Duration, e.User, e.Fault = recorder.status, now().Sub(start), n.user, n.fault
			})
		})
		defer recorder.end() // also when a cut connection unwinds the stack
		next.ServeHTTP(recorder, r.WithContext(context.WithValue(r.Context(), noteKey{}, n)))
	})
}

// readBody reads the beginning of the body and puts it back.
func readBody(r *http.Request) []byte {
	if r.Body == nil {
		return nil
	}
	head, _ := io.ReadAll(io.LimitReader(r.Body, maxBody)) // the handler meets the same error again
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
	return head
}

func cleanBody(path string, body []byte) string {
	for _, secret := range []string{"/api/auth", "/api/oauth2", "/oauth2/", "/v2/oauth2/"} {
		if len(body) > 0 && strings.HasPrefix(path, secret) {
			return hidden
		}
	}
	return strings.ToValidUTF8(string(body), "�")
}

func cleanQuery(raw string) string {
	if !strings.Contains(raw, "password") && !strings.Contains(raw, "secret") {
		return raw
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return hidden
	}
	for key := range values {
		if strings.Contains(key, "password") || strings.Contains(key, "secret") {
			values.Set(key, hidden)
		}
	}
	return values.Encode()
}
