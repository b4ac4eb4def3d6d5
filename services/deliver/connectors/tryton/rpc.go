package tryton

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// The ways in which a call can fail without a word from Tryton's own code.
var (
	// errSignedOut: the session is over, or was never there.
	errSignedOut = errors.New("signed out")
	// errForbidden: the user may not call this.
	errForbidden = errors.New("not allowed")
)

// refusal is an error that Tryton's code answered with: whatever the call did was
// rolled back.
type refusal struct {
	// class is UserError, UserWarning, ConcurrencyException, or the text of another error.
	class string
	// words are for a person, in the language of the user; "" where there are none.
	words string
	// warning is the name of a UserWarning, by which it is acknowledged.
	warning string
}

func (r *refusal) Error() string {
	if r.words == "" {
		return r.class
	}
	return r.class + ": " + r.words
}

// throttled says that there were too many calls, or wrong passwords.
type throttled struct{ wait time.Duration }

func (t *throttled) Error() string { return fmt.Sprintf("too many calls: wait %s", t.wait) }

// unanswered says that a call has no answer that tells what it did.
type unanswered struct {
	// begun says that Tryton may have got the call: a write may have been made.
	begun bool
	cause error
}

func (u *unanswered) Error() string { return "no answer: " + u.cause.Error() }
func (u *unanswered) Unwrap() error { return u.cause }

// doubtful tells whether a write that failed with err may have been made.
func doubtful(err error) bool {
	u, ok := errors.AsType[*unanswered](err)
	return ok && u.begun
}

// request is one call as it goes over the wire. With exactly these three keys Tryton
// answers its own errors with status 200 and their parts.
type request struct {
	ID     int    `json:"id"`
	Method string `json:"method"`
	Params list   `json:"params"`
}

// exchange makes one call over h. auth is "" for the sign-in. It calls CheckFence right
// before a write goes out, the connection being there already.
func (c *client) exchange(ctx context.Context, h *http.Client, auth string, r request, into any) error {
	content, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a call of %s: %w", r.Method, err)
	}
	body := &outgoing{ctx: ctx, left: bytes.NewReader(content), fenced: h == c.writes}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, body)
	if err != nil {
		return fmt.Errorf("call %s: %w", r.Method, err)
	}
	req.ContentLength = int64(len(content))
	req.Header.Set("Content-Type", "application/json")
	if auth != "" {
		req.Header.Set("Authorization", "Session "+auth)
	}
	resp, err := h.Do(req)
	if err != nil {
		return &unanswered{begun: body.begun, cause: errors.Join(body.stop, err)}
	}
	defer resp.Body.Close()
	if err := statusError(resp); err != nil {
		return fmt.Errorf("call %s: %w", r.Method, err)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &unanswered{begun: true, cause: err}
	}
	return readAnswer(r.Method, answer, into)
}

// statusError reads what the server says without Tryton's code. What it says after a
// write (a proxy's 502) tells nothing about the write.
func statusError(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return errSignedOut
	case http.StatusForbidden:
		return errForbidden
	case http.StatusTooManyRequests:
		wait := throttleTime
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			wait = max(wait, time.Duration(s)*time.Second)
		}
		return &throttled{wait: wait}
	default:
		return &unanswered{begun: true, cause: fmt.Errorf("the server answered with %s", resp.Status)}
	}
}

func readAnswer(method string, raw []byte, into any) error {
	var answer struct {
		Result json.RawMessage   `json:"result"`
		Error  []json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return &unanswered{begun: true, cause: fmt.Errorf("the answer to %s cannot be read: %w", method, err)}
	}
	if len(answer.Error) > 0 {
		return readRefusal(answer.Error)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, into); err != nil {
		return &unanswered{begun: true, cause: fmt.Errorf("the answer to %s is of another shape than expected: %w", method, err)}
	}
	return nil
}

// readRefusal reads the parts of an error: its class, and the arguments of that class;
// or the text of an error that nobody foresaw.
func readRefusal(parts []json.RawMessage) error {
	r := &refusal{}
	_ = json.Unmarshal(parts[0], &r.class) // What is no text has no class.
	var args []json.RawMessage
	if len(parts) < 2 || json.Unmarshal(parts[1], &args) != nil {
		return r
	}
	texts := make([]string, len(args))
	for i := range args {
		_ = json.Unmarshal(args[i], &texts[i]) // Domains and such are no words.
	}
	if r.class == classWarning && len(texts) > 0 {
		r.warning, texts = texts[0], texts[1:]
	}
	r.words = strings.TrimSpace(strings.Join(texts, " "))
	return r
}

// outgoing is the body of a call. It is read right before it goes to the socket, so
// that this is where the claim is checked: Tryton does nothing before it has all of it.
type outgoing struct {
	ctx    context.Context //nolint:containedctx // lives as long as the request that it is the body of
	left   *bytes.Reader
	fenced bool
	begun  bool
	stop   error
}

// Read implements io.Reader.
func (o *outgoing) Read(b []byte) (int, error) {
	if o.stop = o.ctx.Err(); o.stop == nil && o.fenced {
		o.stop = connector.CheckFence(o.ctx)
	}
	if o.stop != nil {
		return 0, o.stop
	}
	o.begun = true
	return o.left.Read(b)
}
