package quickbooksonline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
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

// client calls one company.
type client struct {
	base   string
	minor  string
	http   *http.Client
	tokens Tokens
	// settings make what holds the calls to the company within its limits.
	settings connector.Settings
	limiters sync.Map // by company: connector.CallLimiter
	slots    chan struct{}
	called   func(connector.Call)
	// app is the public id of the user's app, "" where an access token was given.
	app        string
	readBudget int64
	// company is that of the settings, or "" for the one that was signed in to.
	company string
}

func newClient(cfg Config, s connector.Settings, o Options) *client {
	c := &client{
		base: cfg.URL + "/v3/company/", company: cfg.CompanyID,
		minor:  strconv.Itoa(cfg.MinorVersion),
		http:   &http.Client{Transport: o.Transport, CheckRedirect: noRedirects},
		tokens: staticToken{cfg.AccessToken, s.Connection}, settings: s,
		app: cfg.App.ClientID, readBudget: cfg.ReadBudget,
		slots: make(chan struct{}, cfg.Parallel), called: func(connector.Call) {},
	}
	if o.Transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = cfg.Parallel
		c.http.Transport = own
	}
	if o.Tokens != nil && cfg.AccessToken.IsZero() {
		if given := o.Tokens(s); given != nil {
			c.tokens = given
		}
	}
	if s.Called != nil {
		c.called = s.Called
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
