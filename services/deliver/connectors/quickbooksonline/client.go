package quickbooksonline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// maxAnswer bounds what is read of an answer: a page of 1000 invoices with many
	// lines is some 10 MB.
	maxAnswer = 64 << 20
	// holdFor is how long Intuit asks to wait after too many calls.
	holdFor = 60 * time.Second
)

// Call is a call that was answered, or failed.
type Call struct {
	// Method and Resource: GET query, POST invoice.
	Method, Resource string
	// Status of HTTP; 0 where no answer came.
	Status int
	Took   time.Duration
	// Metered says that Intuit counts it against the app's budget of reads.
	Metered bool
}

// client calls one company.
type client struct {
	base   string
	minor  string
	http   *http.Client
	tokens Tokens
	limits Limiter
	slots  chan struct{}
	watch  func(Call)
	// company is that of the settings, or "" for the one that was signed in to.
	company string
}

func newClient(cfg Config, s connector.Settings, o Options) *client {
	c := &client{
		base: cfg.URL + "/v3/company/", company: cfg.CompanyID,
		minor:  strconv.Itoa(cfg.MinorVersion),
		http:   &http.Client{Transport: o.Transport, CheckRedirect: noRedirects},
		tokens: staticToken{cfg.AccessToken, s.Connection}, limits: noLimits{},
		slots: make(chan struct{}, cfg.Parallel), watch: func(Call) {},
	}
	if o.Transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = cfg.Parallel
		c.http.Transport = own
	}
	if o.Tokens != nil && cfg.AccessToken.IsZero() {
		c.tokens = o.Tokens(s)
	}
	if o.Limiter != nil {
		c.limits = o.Limiter(s)
	}
	if o.Watch != nil {
		c.watch = func(one Call) { o.Watch(s, one) }
	}
	return c
}

// noRedirects: an answer that sends a call elsewhere would take the token there.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// request is one call. A write has a body.
type request struct {
	resource string
	query    url.Values
	body     []byte
}

func (r request) method() string {
	if r.body != nil {
		return http.MethodPost
	}
	return http.MethodGet
}

// reply is an answer without a fault.
type reply struct {
	body []byte
	tid  string
	// sent is when the call was made by QuickBooks' clock, as far as its answer tells.
	sent time.Time
}

// get reads a resource into a struct. It may be metered by Intuit.
func (c *client) get(ctx context.Context, resource string, query url.Values, into any) (*reply, error) {
	r := request{resource: resource, query: query}
	answer, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer, c.decode(r, answer, into)
}

// post writes, with the request id that keeps it from being done twice.
func (c *client) post(ctx context.Context, resource, requestID string, query url.Values, body, into any) (*reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the %s as JSON: %w", resource, err)
	}
	if query == nil {
		query = url.Values{}
	}
	if requestID != "" {
		query.Set("requestid", requestID)
	}
	r := request{resource: resource, query: query, body: raw}
	answer, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer, c.decode(r, answer, into)
}

// decode reads an answer that was accepted. One that cannot be read says nothing of
// what was done.
func (c *client) decode(r request, answer *reply, into any) error {
	if err := json.Unmarshal(answer.body, into); err != nil {
		return &trouble{class: classNoAnswer, doing: r, status: http.StatusOK, tid: answer.tid, cause: fmt.Errorf("read its answer: %w", err)}
	}
	return nil
}

// do makes a call, and once more where the access token was refused: with the same
// request id, since nothing was done.
func (c *client) do(ctx context.Context, r request) (*reply, error) {
	token, err := c.token(ctx)
	if err != nil {
		return nil, c.untold(ctx, r, err)
	}
	answer, failed := c.once(ctx, r, token)
	if failed == nil {
		return answer, nil
	}
	if failed.class != classSignedOut {
		return nil, failed
	}
	c.tokens.Refused(ctx, token)
	another, err := c.token(ctx)
	if err != nil {
		return nil, c.untold(ctx, r, err)
	}
	if another == token {
		return nil, failed
	}
	if answer, failed = c.once(ctx, r, another); failed != nil {
		return nil, failed
	}
	return answer, nil
}

func (c *client) token(ctx context.Context) (string, error) {
	token, err := c.tokens.Token(ctx)
	if err == nil && strings.TrimSpace(token) == "" {
		return "", errTokenEmpty
	}
	return token, err
}

// untold is the trouble of a call that was not made.
func (c *client) untold(ctx context.Context, r request, err error) *trouble {
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return &trouble{class: classNotSent, doing: r, cause: err}
}

// once makes a call with a token.
func (c *client) once(ctx context.Context, r request, token string) (*reply, *trouble) {
	done, err := c.slot(ctx)
	if err != nil {
		return nil, c.untold(ctx, r, err)
	}
	defer done()
	body := &fenced{ctx: ctx, left: r.body}
	req, err := c.request(ctx, r, token, body)
	if err != nil {
		return nil, c.untold(ctx, r, err)
	}
	began := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		c.watch(Call{Method: r.method(), Resource: r.name(), Took: time.Since(began)})
		return nil, body.unanswered(ctx, r, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	c.watch(Call{Method: r.method(), Resource: r.name(), Status: res.StatusCode, Took: time.Since(began), Metered: r.body == nil})
	connector.NoteTrace(ctx, res.Header.Get("intuit_tid"))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("its answer is longer than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, &trouble{class: classNoAnswer, doing: r, tid: res.Header.Get("intuit_tid"), cause: err}
	}
	return c.judge(ctx, r, res, text, began)
}

// judge tells an answer from trouble. A fault may come with the status 200.
func (c *client) judge(ctx context.Context, r request, res *http.Response, text []byte, began time.Time) (*reply, *trouble) {
	answer := &reply{body: text, tid: res.Header.Get("intuit_tid"), sent: sentAt(res, began)}
	failed := troubleOf(r, res, text)
	if failed == nil {
		return answer, nil
	}
	if failed.class == classThrottled {
		c.limits.Hold(ctx, failed.after)
	}
	return nil, failed
}

// sentAt is when the call began, by the clock of whoever answered; without that, by our
// own, and early enough for one that is fast.
func sentAt(res *http.Response, began time.Time) time.Time {
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		return date.Add(-time.Since(began))
	}
	return began.Add(-time.Minute)
}

// slot waits for a free call, of this connector and of the company.
func (c *client) slot(ctx context.Context) (func(), error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done, err := c.limits.Take(ctx)
	if err != nil {
		<-c.slots
		return nil, err
	}
	return func() { done(); <-c.slots }, nil
}

func (c *client) request(ctx context.Context, r request, token string, body *fenced) (*http.Request, error) {
	query := url.Values{"minorversion": {c.minor}}
	maps.Copy(query, r.query)
	company, err := c.companyID(ctx)
	if err != nil {
		return nil, err
	}
	address := c.base + company + "/" + strings.ReplaceAll(r.resource, "{company}", company) + "?" + query.Encode()
	var reader io.Reader
	if r.body != nil {
		reader = body
	}
	req, err := http.NewRequestWithContext(ctx, r.method(), address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Tradepost")
	if r.body != nil {
		req.ContentLength = int64(len(r.body))
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return req, nil
}

// companyID is the company that is called: never another one than the settings name,
// whatever was signed in to.
func (c *client) companyID(ctx context.Context) (string, error) {
	chosen, know := c.tokens.(companyTokens)
	if !know {
		return c.company, nil
	}
	id, err := chosen.Company(ctx)
	if err != nil || c.company == "" || id == c.company {
		return id, err
	}
	return "", connector.Stop(connector.Wait{
		Scope: wholeConnection, Reason: connector.ReasonOtherCompany,
		Message: "the settings name company " + c.company + " of QuickBooks, and company " + id + " was signed in to; connect the right one",
	})
}

// name is the resource without ids, for metrics and messages.
func (r request) name() string {
	name, _, _ := strings.Cut(r.resource, "/")
	return name
}
