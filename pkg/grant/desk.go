package grant

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Connection is a connection that can be signed in.
type Connection struct {
	// ID is the connection's id, Name how people call it, and Account the id of its
	// ServiceTrade account.
	ID, Name, Account string
	SignIn            connector.SignIn
}

// Desk lets people sign connections in. A link with a ticket begins it; the accounting
// system asks the person and sends the browser back with a code; the code is exchanged
// for tokens. Any replica may do each step.
type Desk struct {
	Keeper *Keeper
	// Connection returns a connection by its id; false where there is none, or none
	// that has to be signed in.
	Connection func(ctx context.Context, id string) (Connection, bool)
	// CompanyName asks a connection's accounting system, with the tokens of a sign-in that
	// was just done, for the name of the company. nil asks nobody.
	CompanyName func(ctx context.Context, id string, tokens connector.Tokens) (string, error)
}

// nameTime bounds asking for the company's name, which a person waits for.
const nameTime = 10 * time.Second

// Path begins the path of every address of a desk.
const Path = "/connect/"

// CallbackPath is the path that an accounting system sends the browser back to.
func CallbackPath(system string) string { return Path + system + "/callback" }

// Why somebody could not sign in.
var (
	// ErrLink means that a link is not valid any more, or never was.
	ErrLink = errors.New("the link is not valid any more")
	// ErrState means that a browser came back that nobody had sent, or too late, or twice.
	ErrState = errors.New("the sign-in was not begun here, took too long, or is done already")
	// ErrDenied means that the person said no.
	ErrDenied = errors.New("the sign-in was canceled")
)

// Invite returns the ticket of a new link for a connection. It works for half an hour,
// and ends with the first sign-in. replace also replaces a stored sign-in that cannot be
// opened with the keys of this process.
func (d *Desk) Invite(ctx context.Context, id string, replace bool) (ticket string, err error) {
	c, ok := d.Connection(ctx, id)
	if !ok {
		return "", fmt.Errorf("there is no connection %q that has to be signed in", id)
	}
	return d.Keeper.issue(ctx, ticketSlip, ticketLife, slip{Connection: id, System: c.SignIn.System, Replace: replace})
}

// Link is the address that a person opens to sign a connection in. base is the address
// of the desk without a path.
func Link(base string, c Connection, ticket string) string {
	return strings.TrimRight(base, "/") + Path + c.SignIn.System + "/" + c.ID + "?" + url.Values{"ticket": {ticket}}.Encode()
}

// Look returns the connection that a link is for, and the company that it is bound to.
// It uses nothing up: programs that look at links in mails must not.
func (d *Desk) Look(ctx context.Context, system, id, ticket string) (Connection, Company, error) {
	s, err := d.Keeper.find(ctx, ticketSlip, ticket)
	if errors.Is(err, errNoSlip) || (err == nil && (s.Connection != id || s.System != system)) {
		return Connection{}, Company{}, ErrLink
	}
	if err != nil {
		return Connection{}, Company{}, err
	}
	c, ok := d.Connection(ctx, id)
	if !ok {
		return Connection{}, Company{}, ErrLink
	}
	bound, err := d.Keeper.bound(ctx, id)
	if bound.ID == "" {
		bound.ID = c.SignIn.Company
	}
	return c, bound, err
}

// Begun is a sign-in under way.
type Begun struct {
	// URL is the accounting system's page, which asks the person.
	URL string
	// Browser is what the browser has to show when it comes back.
	Browser string
	// Secure says that it comes back over https.
	Secure bool
}

// Begin begins a sign-in.
func (d *Desk) Begin(ctx context.Context, system, id, ticket string) (Begun, error) {
	c, _, err := d.Look(ctx, system, id, ticket)
	if err != nil {
		return Begun{}, err
	}
	t, err := d.Keeper.find(ctx, ticketSlip, ticket)
	if err != nil {
		return Begun{}, ErrLink
	}
	browser := rand.Text()
	state, err := d.Keeper.issue(ctx, stateSlip, stateLife, slip{
		Connection: id, System: system, Replace: t.Replace, Browser: hashOf(browser), Ticket: hashOf(ticket),
	})
	if err != nil {
		return Begun{}, err
	}
	h := d.Keeper.holder(id, c.SignIn)
	return Begun{
		URL: h.endpoint.config().AuthCodeURL(state), Browser: browser, Secure: strings.HasPrefix(c.SignIn.RedirectURL, "https://"),
	}, nil
}

// Finished is a sign-in that is done.
type Finished struct {
	Connection Connection
	// Company is the id of the company that was chosen.
	Company string
	// CompanyName is its name; "" where nobody could tell it yet.
	CompanyName string
}

// CompanyText is the company for people.
func (f Finished) CompanyText() string {
	if f.CompanyName == "" {
		return f.Company
	}
	return f.CompanyName + " (" + f.Company + ")"
}

// Finish ends a sign-in with what the accounting system sent the browser back with.
// browser is what the browser was given when it began. The connection is told also with
// an error, where it is known.
func (d *Desk) Finish(ctx context.Context, system string, q url.Values, browser string) (Finished, error) {
	s, err := d.Keeper.use(ctx, stateSlip, q.Get("state"))
	if errors.Is(err, errNoSlip) || (err == nil && (s.System != system || !same(s.Browser, hashOf(browser)))) {
		return Finished{}, ErrState
	}
	if err != nil {
		return Finished{}, err
	}
	c, ok := d.Connection(ctx, s.Connection)
	if !ok {
		return Finished{}, ErrLink
	}
	done := Finished{Connection: c, Company: q.Get(c.SignIn.CompanyParam)}
	h := d.Keeper.running(c)
	switch code := q.Get("error"); {
	case code == "access_denied":
		return done, ErrDenied
	case code != "":
		return done, fmt.Errorf("%s refused: %s", c.SignIn.Title, h.endpoint.clean(code+" "+q.Get("error_description"), ""))
	case q.Get("code") == "":
		return done, fmt.Errorf("%s sent no code", c.SignIn.Title)
	}
	if err := d.Keeper.signIn(ctx, h, q.Get("code"), done.Company, s.Replace); err != nil {
		return done, err
	}
	_ = d.Keeper.kv.Delete(ctx, ticketSlip+"."+s.Ticket) // it would be too old soon anyway
	done.CompanyName = d.companyName(ctx, c, h)
	return done, nil
}

// companyName asks for the name of the company that was just signed in to. The sign-in
// is done without it.
func (d *Desk) companyName(ctx context.Context, c Connection, tokens connector.Tokens) string {
	if d.CompanyName == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	name, err := d.CompanyName(ctx, c.ID, tokens)
	if err != nil {
		d.Keeper.log.WarnContext(ctx, "signed in, but the company did not tell its name", "connection", c.ID, "err", err)
	}
	return name
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// running returns what has the connection's tokens in this process, if something has.
func (k *Keeper) running(c Connection) *Holder {
	k.mu.Lock()
	h := k.holders[c.ID]
	k.mu.Unlock()
	if h != nil && h.app.ClientID == c.SignIn.ClientID && h.app.RedirectURL == c.SignIn.RedirectURL {
		return h
	}
	return k.holder(c.ID, c.SignIn)
}
