package servicetrade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// maxAnswer is the most that is read of an answer; var, so that tests need not
// send as much.
var maxAnswer int64 = 32 << 20

// maxRefusal is the most that is read of an answer that only says no.
const maxRefusal = 1 << 20

var errRedirect = errors.New("ServiceTrade redirects to another address, which is not followed: is the URL right?")

// request is one call. A write (PUT, POST of content) is never sent twice
// unless ServiceTrade refused the first one.
type request struct {
	method string
	path   string
	query  url.Values
	body   []byte
	write  bool
}

func (r request) fail(err error) *Error {
	return &Error{Method: r.method, Path: r.path, Err: err}
}

func (r request) unsent(err error) *Error {
	fault := r.fail(err)
	fault.unsent = true
	return fault
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends one HTTP request within the limit of parallel calls.
func (c *Client) exchange(ctx context.Context, r request, token string) (*reply, *Error) {
	done, busy := c.slot(ctx, r)
	if busy != nil {
		return nil, busy
	}
	defer done()
	reached := &reach{}
	req, err := c.newRequest(httptrace.WithClientTrace(ctx, reached.trace()), r, token)
	if err != nil {
		return nil, r.unsent(err)
	}
	if r.write { // as late as can be: a slot or a login may have taken the claim's time
		if err := connector.CheckFence(ctx); err != nil {
			return nil, r.unsent(err)
		}
	}
	began := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		fault := r.fail(withoutURL(err))
		fault.temporary, fault.unsent = true, reached.never()
		fault.Uncertain = r.write && !fault.unsent
		return nil, fault
	}
	defer func() { _ = res.Body.Close() }()
	c.log.DebugContext(ctx, "called ServiceTrade",
		"method", r.method, "path", r.path, "status", res.StatusCode, "took", time.Since(began))
	rep, fault := c.read(r, res)
	c.throttled(ctx, fault)
	return rep, fault
}

func (c *Client) newRequest(ctx context.Context, r request, token string) (*http.Request, error) {
	address, err := c.address(r)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", withoutURL(err))
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch {
	case token == "":
	case c.oauth():
		req.Header.Set("Authorization", "Bearer "+token)
	default:
		req.Header.Set("Cookie", sessionCookie+"="+token)
	}
	return req, nil
}

// read takes the answer in and makes an Error of anything but 2xx.
func (c *Client) read(r request, res *http.Response) (*reply, *Error) {
	fault := &Error{Method: r.method, Path: r.path, Status: res.StatusCode}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		body, err := readCapped(res.Body, maxAnswer)
		if err == nil {
			return &reply{status: res.StatusCode, header: res.Header, body: body}, nil
		}
		fault.Err = fmt.Errorf("read the answer: %w", err)
		fault.temporary = !errors.Is(err, ErrTooLarge)
		fault.Uncertain = r.write
		return nil, fault
	}
	if body, err := readCapped(res.Body, maxRefusal); err == nil {
		fault.Messages = c.messages(body)
	}
	fault.RetryAfter = retryAfter(res.Header.Get("Retry-After"), c.now())
	fault.temporary = res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests
	fault.Uncertain = r.write && (res.StatusCode >= 500 || res.StatusCode == http.StatusRequestTimeout)
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		fault.Err = errRedirect
	}
	return nil, fault
}

func readCapped(from io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > most {
		return nil, ErrTooLarge
	}
	return body, nil
}

// withoutURL drops the method and address that net/http puts before its errors:
// Error has them already, without the query.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// reach knows whether a request can have reached a connection.
type reach struct{ asked, got atomic.Bool }

func (r *reach) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { r.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { r.got.Store(true) },
	}
}

// never is true only when a connection was asked for and none was had. A
// transport that reports nothing leaves the doubt.
func (r *reach) never() bool { return r.asked.Load() && !r.got.Load() }
