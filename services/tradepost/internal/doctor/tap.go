package doctor

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
)

// tap stands between the ServiceTrade client and the network. The client shows
// only what a service may rely on; doctor also wants to see which record a comment
// names, and the first page of a list alone. Both are asked for by the context.
type tap struct{ next http.RoundTripper }

// firstRows is how many rows the first page of a sample has.
const firstRows = "50"

type (
	answersKey   struct{}
	firstPageKey struct{}
)

// answers collects the bodies that ServiceTrade answered with.
type answers struct {
	mu     sync.Mutex
	bodies [][]byte
}

func withAnswers(ctx context.Context) (context.Context, *answers) {
	a := &answers{}
	return context.WithValue(ctx, answersKey{}, a), a
}

func (a *answers) all() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bodies
}

// firstPage ends a list after its first page: the client gives the rows seen so
// far together with the error of the page that it did not get.
type firstPage struct{ end context.CancelFunc }

func withFirstPage(ctx context.Context) context.Context {
	ctx, end := context.WithCancel(ctx)
	return context.WithValue(ctx, firstPageKey{}, &firstPage{end})
}

// RoundTrip implements http.RoundTripper.
func (t tap) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if only, ok := ctx.Value(firstPageKey{}).(*firstPage); ok && strings.HasSuffix(req.URL.Path, "/invoice") {
		query := req.URL.Query()
		if query.Get("page") != "1" {
			only.end()
			return nil, context.Canceled
		}
		req = req.Clone(ctx)
		query.Set("limit", firstRows)
		req.URL.RawQuery = query.Encode()
	}
	res, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if a, ok := ctx.Value(answersKey{}).(*answers); ok {
		a.keep(res)
	}
	return res, nil
}

// maxKept is the most that is kept of one answer.
const maxKept = 8 << 20

// keep puts a copy of the body aside; what cannot be read is the client's to tell.
func (a *answers) keep(res *http.Response) {
	head, err := io.ReadAll(io.LimitReader(res.Body, maxKept))
	rest := io.Reader(res.Body)
	if err != nil {
		rest = failing{err}
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), res.Body}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bodies = append(a.bodies, head)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
