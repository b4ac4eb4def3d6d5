package grants

import (
	"slices"
	"time"
)

// Rotate makes the next refresh give a new refresh token.
func (d *Desk) Rotate(realm string) {
	d.each(realm, func(g *Grant) { g.refresh.given = time.Time{} })
}

// ExpireAccess ends the access tokens of a company.
func (d *Desk) ExpireAccess(realm string) { d.each(realm, func(g *Grant) { g.access = nil }) }

// ExpireRefresh ends the refresh tokens of a company, as time does.
func (d *Desk) ExpireRefresh(realm string) {
	d.each(realm, func(g *Grant) { g.refresh.until, g.replaced = time.Time{}, nil })
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
		if g.App == app && !g.Revoked && (g.refresh.is(text, now) || has(g.replaced, text, now) || has(g.access, text, now)) {
			revoke(g)
			return true
		}
	}
	return false
}

func has(all []secret, text string, now time.Time) bool {
	return slices.ContainsFunc(all, func(s secret) bool { return s.is(text, now) })
}

// alive drops what has ended.
func alive(all []secret, now time.Time) []secret {
	return slices.DeleteFunc(all, func(s secret) bool { return !now.Before(s.until) })
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
		if !g.Revoked && has(g.access, access, now) {
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
			shown.access, shown.refresh, shown.replaced = nil, secret{}, nil
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
