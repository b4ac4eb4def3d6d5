// Package grants is the OAuth 2.0 side of the QuickBooks Online stand-in: codes,
// access tokens and rotating refresh tokens (Intuit documentation, "Set up OAuth
// 2.0" and "Authorization FAQ").
package grants

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// App is an application that a developer registered with Intuit.
type App struct {
	ID     string `json:"id"`
	Secret string `json:"-"`
	// RedirectURIs may be asked for; none means every address on this machine.
	RedirectURIs []string `json:"redirectURIs"`
}

// Config says how long tokens live. 0 takes the documented time.
type Config struct {
	Apps []App
	// Code is how long a code may be exchanged: 10 minutes.
	Code time.Duration
	// Access is the life of an access token: one hour.
	Access time.Duration
	// Refresh is the life of a refresh token since it was given: 101 days.
	Refresh time.Duration
	// Hard is the life of a connection, whatever is refreshed: five years.
	Hard time.Duration
	// RotateAfter is how old a refresh token has to be to be replaced by a new one:
	// 24 hours. Negative replaces it at each refresh.
	RotateAfter time.Duration
	// Grace is how long the replaced refresh token still works: 24 hours. Negative
	// means not at all.
	Grace time.Duration
	Now   func() time.Time
}

func (c *Config) defaults() {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.Code, 10 * time.Minute},
		{&c.Access, time.Hour},
		{&c.Refresh, 8726400 * time.Second},
		{&c.Hard, 5 * 365 * 24 * time.Hour},
		{&c.RotateAfter, 24 * time.Hour},
		{&c.Grace, 24 * time.Hour},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
}

// Grant is one connection of an app to a company.
type Grant struct {
	Realm   string    `json:"realm"`
	App     string    `json:"app"`
	Since   time.Time `json:"since"`
	Revoked bool      `json:"revoked"`
	// Refreshes counts token answers, Rotations how often the refresh token changed.
	Refreshes int `json:"refreshes"`
	Rotations int `json:"rotations"`
	// RefreshUntil is the end of the newest refresh token.
	RefreshUntil time.Time `json:"refreshUntil"`
	AccessUntil  time.Time `json:"accessUntil"`

	refresh  secret
	replaced []secret // may still work for a while
	access   []secret
}

type secret struct {
	text  string
	given time.Time
	until time.Time
}

func (s secret) is(text string, now time.Time) bool {
	return s.text != "" && s.text == text && now.Before(s.until)
}

type code struct {
	secret
	realm, app, redirect string
}

// Tokens is a token answer.
type Tokens struct {
	Access, Refresh                  string
	AccessIn, RefreshIn, RefreshHard time.Duration
	Realm                            string
}

// Desk gives and checks tokens. It is safe for many goroutines.
type Desk struct {
	cfg Config

	mu     sync.Mutex
	codes  []code
	grants []*Grant
}

// New makes a desk.
func New(cfg Config) *Desk {
	cfg.defaults()
	return &Desk{cfg: cfg}
}

// App finds an app.
func (d *Desk) App(id string) (App, bool) {
	if i := slices.IndexFunc(d.cfg.Apps, func(a App) bool { return a.ID == id }); i >= 0 {
		return d.cfg.Apps[i], true
	}
	return App{}, false
}

// Apps lists the apps.
func (d *Desk) Apps() []App { return slices.Clone(d.cfg.Apps) }

// The lengths of what is given, in bytes: access tokens are long, they are
// encrypted JSON web tokens.
const (
	shortSecret  = 20
	accessSecret = 400
	accessBegin  = "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0.."
)

func (d *Desk) secret(begin string, length int, life time.Duration) secret {
	now := d.cfg.Now()
	random := make([]byte, length)
	_, _ = rand.Read(random) // never fails
	return secret{begin + hex.EncodeToString(random), now, now.Add(life)}
}

// Code gives the code with which the app gets the first tokens of a company.
func (d *Desk) Code(app, realm, redirect string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := code{d.secret("AB11", shortSecret, d.cfg.Code), realm, app, redirect}
	d.codes = append(d.codes, c)
	return c.text
}

// Exchange takes a code, which works once.
func (d *Desk) Exchange(app, text, redirect string) (Tokens, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.codes, func(c code) bool { return c.is(text, d.cfg.Now()) && c.app == app })
	if i < 0 || d.codes[i].redirect != redirect {
		return Tokens{}, false
	}
	realm := d.codes[i].realm
	d.codes = slices.Delete(d.codes, i, i+1)
	return d.grant(app, realm), true
}

// Grant connects an app to a company without a user, for tests. An earlier
// connection of the two goes on to work.
func (d *Desk) Grant(app, realm string) Tokens {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.grant(app, realm)
}

func (d *Desk) grant(app, realm string) Tokens {
	now := d.cfg.Now()
	g := &Grant{Realm: realm, App: app, Since: now, refresh: d.secret("RT1-", shortSecret, d.cfg.Refresh)}
	d.grants = append(d.grants, g)
	return d.tokens(g)
}

// tokens gives an access token and the newest refresh token.
func (d *Desk) tokens(g *Grant) Tokens {
	now := d.cfg.Now()
	access := d.secret(accessBegin, accessSecret, d.cfg.Access)
	g.access = append(alive(g.access, now), access)
	g.Refreshes++
	hard := g.Since.Add(d.cfg.Hard)
	if g.refresh.until.After(hard) {
		g.refresh.until = hard
	}
	g.AccessUntil, g.RefreshUntil = access.until, g.refresh.until
	return Tokens{
		Access: access.text, Refresh: g.refresh.text, AccessIn: d.cfg.Access, RefreshIn: g.refresh.until.Sub(now), RefreshHard: hard.Sub(now), Realm: g.Realm,
	}
}

// Refresh gives new tokens for a refresh token. The answer has a new refresh
// token when the old one is a day old; the replaced one works for a day more, and
// gets the newest one. A token that is dead gives false (README of Intuit's
// oauth-jsclient, and "Authorization FAQ", refresh tokens).
func (d *Desk) Refresh(app, text string) (Tokens, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	for _, g := range d.grants {
		if g.App != app || g.Revoked || !now.Before(g.Since.Add(d.cfg.Hard)) {
			continue
		}
		switch {
		case g.refresh.is(text, now):
			if d.cfg.RotateAfter < 0 || now.Sub(g.refresh.given) >= d.cfg.RotateAfter {
				d.rotate(g, now)
			}
			return d.tokens(g), true
		case has(g.replaced, text, now):
			return d.tokens(g), true
		}
	}
	return Tokens{}, false
}

func (d *Desk) rotate(g *Grant, now time.Time) {
	old := g.refresh
	if end := now.Add(max(d.cfg.Grace, 0)); end.Before(old.until) {
		old.until = end
	}
	g.replaced = append(alive(g.replaced, now), old)
	g.refresh = d.secret("RT1-", shortSecret, d.cfg.Refresh)
	g.Rotations++
}
