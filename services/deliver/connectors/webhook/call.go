package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// mostWait bounds what an endpoint may ask for with Retry-After.
const mostWait = time.Hour

// request is a signed request. body is what is signed, left what is sent of it.
func (c *Connector) request(ctx context.Context, method, id string, body []byte, left io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.URL, left)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", c.cfg.Title, err)
	}
	now := time.Now()
	req.Header.Set(HeaderID, id)
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(HeaderSignature, Sign(c.keys, id, now, body))
	return req, nil
}

// do makes a call, and reads its answer whole.
func (c *Connector) do(req *http.Request) (status int, header http.Header, body []byte, err error) {
	began := time.Now()
	call := connector.Call{Method: req.Method, Resource: "documents"}
	defer func() {
		call.Status, call.Took = status, time.Since(began)
		c.called(call)
	}()
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, withoutURL(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("its answer is larger than %d bytes", maxAnswer)
	}
	return resp.StatusCode, resp.Header, body, err
}

// withoutURL leaves the address out of an error: its query may hold a key, and the error
// gets into messages and logs.
func withoutURL(err error) error {
	if e, is := errors.AsType[*url.Error](err); is {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

// refuses tells whether a status says that the document was looked at, and not taken.
func refuses(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
}

// notTaken tells whether a status says that nobody looked at the document. 503 does not:
// proxies answer so, too, when what is behind them went away in the middle of a call.
func notTaken(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusTooManyRequests:
		return true
	}
	return status >= 300 && status < 400
}

// notNow is the wait that a status asks for.
func (c *Connector) notNow(status int, header http.Header) connector.Wait {
	reason := connector.ReasonUnreachable
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		reason = connector.ReasonSignedOut
	case http.StatusTooManyRequests:
		reason = connector.ReasonThrottled
	}
	w := c.wait(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, reason, fmt.Sprintf("it answered with %d", status))
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		w.For = min(time.Duration(seconds)*time.Second, mostWait)
	}
	return w
}

func (c *Connector) wait(scope tradepostv1.WaitScope, reason, message string) connector.Wait {
	return connector.Wait{Scope: scope, Reason: reason, Message: c.cfg.Title + ": " + message}
}

// fenced is the body of a POST. It is read right before it goes to the socket, the
// connection being there already, so that this is where the claim is checked. It cannot be
// rewound, so that the transport sends it once.
type fenced struct {
	ctx context.Context //nolint:containedctx // lives as long as the request that it is the body of

	mu    sync.Mutex // the transport may read after it gave up
	left  []byte
	begun bool
	stop  error
}

var errGivenUp = errors.New("the call was given up")

// Read implements io.Reader.
func (f *fenced) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.begun && f.stop == nil {
		if f.stop = f.ctx.Err(); f.stop == nil {
			f.stop = connector.CheckFence(f.ctx)
		}
		if f.stop == nil { // The claim may hold, and the call be over.
			f.stop = f.ctx.Err()
		}
		f.begun = f.stop == nil
	}
	if f.stop != nil {
		return 0, f.stop
	}
	if len(f.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, f.left)
	f.left = f.left[n:]
	return n, nil
}

// end tells whether anything of the body was sent, and what stopped it; from now on
// nothing is.
func (f *fenced) end() (begun bool, stop error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stop = f.stop
	if f.stop == nil {
		f.stop = errGivenUp
	}
	return f.begun, stop
}
