package tryton

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	// throttleTime is how long Tryton refuses a user after five wrong passwords, unless
	// its configuration says otherwise (session.timeout).
	throttleTime = 5 * time.Minute
	// wrongPasswordTime is the least time between two sign-ins after one was refused:
	// a wrong password must never lock the user out, whoever probes.
	wrongPasswordTime = 90 * time.Second
)

var (
	// errWrongPassword: Tryton refused the sign-in.
	errWrongPassword = errors.New("user or password is wrong")
	// errNoDatabase: the server has no such database.
	errNoDatabase = errors.New("the server does not open the database")
	// errNoCompany: the user has no company, or not the one of the settings.
	errNoCompany = errors.New("the company is not there, or not the user's")
)

// client calls one database of a Tryton server, signed in as one user. It signs in when
// it has to, once for all that wait for it.
type client struct {
	cfg     Config
	address string
	// reads keeps connections; writes makes one for each write, since a server that
	// closes an old one just then leaves a doubt.
	reads, writes *http.Client
	now           func() time.Time

	mu        sync.Mutex
	session   *session
	refusedAt time.Time
}

// session is one sign-in, with what every call needs.
type session struct {
	auth    string
	uid     int64
	context object
	company company
}

// company is the company that is posted to.
type company struct {
	ID    int64 `json:"id"`
	Party struct {
		Name string `json:"rec_name"`
	} `json:"party."`
	PartyID    int64 `json:"party"`
	CurrencyID int64 `json:"currency"`
	Currency   struct {
		Code string `json:"code"`
	} `json:"currency."`
	Created moment `json:"create_date"`
}

func newClient(cfg Config) *client {
	return &client{
		cfg: cfg, address: cfg.URL + "/" + url.PathEscape(cfg.Database) + "/", now: time.Now,
		reads:  &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 20 * time.Second}},
		writes: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}},
	}
}

// read makes a call that changes nothing. The context of the session is added to params.
func (c *client) read(ctx context.Context, into any, method string, params ...any) error {
	return c.call(ctx, c.reads, into, method, nil, params)
}

// write makes a call that changes the books: behind the fence, and never twice unless
// Tryton said that it did not even look at it.
func (c *client) write(ctx context.Context, into any, method string, params ...any) error {
	return c.call(ctx, c.writes, into, method, nil, params)
}

// readWith is read, with more in the context.
func (c *client) readWith(ctx context.Context, more object, into any, method string, params ...any) error {
	return c.call(ctx, c.reads, into, method, more, params)
}

func (c *client) call(ctx context.Context, h *http.Client, into any, method string, more object, params list) error {
	for again := false; ; again = true {
		s, err := c.sign(ctx)
		if err != nil {
			return err
		}
		with := maps.Clone(s.context)
		maps.Copy(with, more)
		r := request{ID: 1, Method: method, Params: append(slices.Clip(params), with)}
		err = c.exchange(ctx, h, s.auth, r, into)
		if again || !errors.Is(err, errSignedOut) {
			return err
		}
		c.drop(s)
	}
}

// sign returns the session, and signs in where there is none.
func (c *client) sign(ctx context.Context) (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != nil {
		return c.session, nil
	}
	if !c.refusedAt.IsZero() && c.now().Sub(c.refusedAt) < wrongPasswordTime {
		return nil, fmt.Errorf("%w, and is not tried again before %s", errWrongPassword, c.refusedAt.Add(wrongPasswordTime).UTC().Format(time.TimeOnly))
	}
	s, err := c.login(ctx)
	if errors.Is(err, errWrongPassword) {
		c.refusedAt = c.now()
	}
	if err != nil {
		return nil, err
	}
	c.session, c.refusedAt = s, time.Time{}
	return s, nil
}

func (c *client) login(ctx context.Context) (*session, error) {
	var granted [2]json.RawMessage
	err := c.exchange(ctx, c.reads, "", request{ID: 1, Method: "common.db.login", Params: list{
		c.cfg.User, object{"password": c.cfg.Password.Reveal()},
	}}, &granted)
	switch refused, is := errors.AsType[*refusal](err); {
	case errors.Is(err, errSignedOut):
		return nil, errWrongPassword
	case is:
		return nil, fmt.Errorf("%w %s: %s", errNoDatabase, c.cfg.Database, refused.Error())
	case err != nil:
		return nil, fmt.Errorf("sign in: %w", err)
	}
	var uid int64
	var token string
	if json.Unmarshal(granted[0], &uid) != nil || json.Unmarshal(granted[1], &token) != nil || uid == 0 || token == "" {
		return nil, errWrongPassword
	}
	s := &session{uid: uid, auth: base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d:%s", c.cfg.User, uid, token))}
	return s, c.settle(ctx, s)
}

// asking makes one call that reads.
type asking func(into any, method string, params ...any) error

// settle reads what every call needs: the user's context, and the company.
func (c *client) settle(ctx context.Context, s *session) error {
	ask := func(into any, method string, params ...any) error {
		return c.exchange(ctx, c.reads, s.auth, request{ID: 1, Method: method, Params: params}, into)
	}
	if err := ask(&s.context, "model.res.user.get_preferences", true, object{}); err != nil {
		return fmt.Errorf("ask for the user's preferences: %w", err)
	}
	with := func(into any, method string, params ...any) error {
		return ask(into, method, append(params, s.context)...)
	}
	found, err := findCompany(with, c.cfg.Company, s.context["company"])
	if err != nil {
		return err
	}
	s.company = found
	s.context["company"] = found.ID
	return nil
}

// findCompany looks for the company by the name of its party, or else by its id, or
// for the only one that the user may see.
func findCompany(ask asking, name string, id any) (company, error) {
	domain := list{}
	switch {
	case name != "":
		domain = list{list{"party.name", "=", name}}
	case id != nil:
		domain = list{list{"id", "=", id}}
	}
	var found []company
	err := ask(&found, "model.company.company.search_read", domain, 0, 2, nil,
		list{"party", "party.rec_name", "currency", "currency.code", "create_date"})
	if err != nil {
		return company{}, fmt.Errorf("ask for the company: %w", err)
	}
	if len(found) != 1 {
		return company{}, fmt.Errorf("%w (%q, %d found)", errNoCompany, name, len(found))
	}
	return found[0], nil
}

// drop forgets a session that is over, unless there is another one already.
func (c *client) drop(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == s {
		c.session = nil
	}
}
