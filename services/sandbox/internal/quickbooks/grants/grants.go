// Package grants is the OAuth 2.0 side of the QuickBooks Online stand-in: codes,
// access tokens and rotating refresh tokens (Intuit documentation, "Set up OAuth
// 2.0" and "Authorization FAQ").
package grants

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
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
		{&c.Code, 10 * time.Minute}, {&c.Access, time.Hour}, {&c.Refresh, 8726400 * time.Second}, {&c.Hard, 5 * 365 * 24 * time.Hour},
		{&c.RotateAfter, 24 * time.Hour}, {&c.Grace, 24 * time.Hour},
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
	replaced secret
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
	serial int
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

func (d *Desk) secret(kind string, life time.Duration) secret {
	d.serial++
	now := d.cfg.Now()
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	sum := sha256.Sum256(append(random[:], strconv.Itoa(d.serial)...))
	return secret{kind + hex.EncodeToString(sum[:20]), now, now.Add(life)}
}

// Code gives the code with which the app gets the first tokens of a company.
func (d *Desk) Code(app, realm, redirect string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := code{d.secret("AB11", d.cfg.Code), realm, app, redirect}
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
	g := &Grant{Realm: realm, App: app, Since: now, refresh: d.secret("RT1-", d.cfg.Refresh)}
	d.grants = append(d.grants, g)
	return d.tokens(g)
}

// tokens gives an access token and the newest refresh token.
func (d *Desk) tokens(g *Grant) Tokens {
	now := d.cfg.Now()
	access := d.secret("eyJ", d.cfg.Access)
	g.access = append(slices.DeleteFunc(g.access, func(s secret) bool { return !now.Before(s.until) }), access)
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
// gets the newest one. A token that is dead gives false.
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
		case g.replaced.is(text, now):
			return d.tokens(g), true
		}
	}
	return Tokens{}, false
}

func (d *Desk) rotate(g *Grant, now time.Time) {
	g.replaced = g.refresh
	if end := now.Add(max(d.cfg.Grace, 0)); end.Before(g.replaced.until) {
		g.replaced.until = end
	}
	g.refresh = d.secret("RT1-", d.cfg.Refresh)
	g.Rotations++
}

// Rotate makes the next refresh give a new refresh token.
func (d *Desk) Rotate(realm string) {
	d.each(realm, func(g *Grant) { g.refresh.given = time.Time{} })
}

// ExpireAccess ends the access tokens of a company.
func (d *Desk) ExpireAccess(realm string) { d.each(realm, func(g *Grant) { g.access = nil }) }

// ExpireRefresh ends the refresh tokens of a company, as time does.
func (d *Desk) ExpireRefresh(realm string) {
	d.each(realm, func(g *Grant) { g.refresh.until, g.replaced.until = time.Time{}, time.Time{} })
}

// Disconnect ends all connections of a company, as its user does in QuickBooks.
func (d *Desk) Disconnect(realm string) { d.each(realm, revoke) }

func revoke(g *Grant) { g.Revoked, g.access = true, nil }

func (d *Desk) each(realm string, do func(*Grant)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range d.grants {
		if g.Realm == realm {
			do(g)
		}
	}
}

// Revoke ends the connection that an access or refresh token belongs to; false
// when there is none.
func (d *Desk) Revoke(app, text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	for _, g := range d.grants {
		if g.App == app && !g.Revoked && (g.refresh.is(text, now) || g.replaced.is(text, now) || g.hasAccess(text, now)) {
			revoke(g)
			return true
		}
	}
	return false
}

func (g *Grant) hasAccess(text string, now time.Time) bool {
	return slices.ContainsFunc(g.access, func(s secret) bool { return s.is(text, now) })
}

// Access tells whose an access token is; false when it is dead.
func (d *Desk) Access(text string) (app, realm string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.owner(text); g != nil {
		return g.App, g.Realm, true
	}
	return "", "", false
}

func (d *Desk) owner(access string) *Grant {
	now := d.cfg.Now()
	for _, g := range d.grants {
		if !g.Revoked && g.hasAccess(access, now) {
			return g
		}
	}
	return nil
}

// EndAccess ends one access token, and RevokeAccess its whole connection.
func (d *Desk) EndAccess(access string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.owner(access); g != nil {
		g.access = slices.DeleteFunc(g.access, func(s secret) bool { return s.text == access })
	}
}

// RevokeAccess ends the connection that an access token belongs to.
func (d *Desk) RevokeAccess(access string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.owner(access); g != nil {
		revoke(g)
	}
}

// Grants lists the connections of a company, oldest first, without their tokens.
func (d *Desk) Grants(realm string) []Grant {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Grant{}
	for _, g := range d.grants {
		if realm == "" || g.Realm == realm {
			shown := *g
			shown.access, shown.refresh, shown.replaced = nil, secret{}, secret{}
			out = append(out, shown)
		}
	}
	return out
}

// Forget forgets codes and connections.
func (d *Desk) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.codes, d.grants = nil, nil
}
