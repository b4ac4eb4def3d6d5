package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

// endsSoon is how long before its end a sign-in is warned of.
const endsSoon = 30 * 24 * time.Hour

// signIn tells whether a person has signed the connection in to its accounting system,
// and for how long; nothing where that has no sign-in.
func (d *doctor) signIn(ctx context.Context, conn *connection.Connection, c check) []Result {
	signed, err := stage.SignIn(ctx, d.config, conn, d.Connectors, d.log)
	switch {
	case errors.Is(err, stage.ErrNoSignIn), errors.Is(err, stage.ErrNoApp): // without an app the connector itself says what it lacks
		return nil
	case err != nil:
		return []Result{c.fail(admin, "Correct it in the connection's settings.", "%v", err)}
	}
	n, ok := d.nats.get(ctx)
	if !ok || n.js == nil {
		return []Result{c.skip("not looked at: it is kept in NATS, which was not reached")}
	}
	states, err := grant.States(ctx, n.js)
	if err != nil {
		return []Result{c.unread("sign-in of connection "+conn.ID, err)}
	}
	s, there := states[conn.ID]
	switch why := grant.Why(signed, s, there); {
	case why != nil && why.SignedOut():
		return []Result{c.fail(admin, why.Fix(), "%s", why.What())}
	case why != nil:
		return []Result{c.warn(admin, why.Fix(), "%s", why.What())}
	}
	return append([]Result{c.ends(signed, s, d.now())}, d.keys(ctx, n.js, s, c)...)
}

// ownKey is the check of the key that doctor itself reads a sign-in with.
const ownKey = "key"

// keys tells which processes cannot read a sign-in that is as it should be, since they
// lack its key: nobody has to sign in for that.
func (d *doctor) keys(ctx context.Context, js jetstream.JetStream, s grant.State, c check) []Result {
	missing, err := signins.KeyMissing(ctx, js, s.Connection)
	var results []Result
	switch {
	case err != nil:
		results = append(results, c.unread("processes that lack the key of connection "+s.Connection, err))
	case missing != nil && missing.Nobody:
		results = append(results, c.fail(operator, missing.Fix(), "%s", missing.What(time.UTC)))
	case missing != nil:
		results = append(results, c.warn(operator, missing.Fix(), "%s", missing.What(time.UTC)))
	}
	if unread := signins.Unread(d.config, s); unread != "" {
		c.name = ownKey
		results = append(results, c.warn(operator, "Run doctor with the key that the services have (TRADEPOST_SECRETS_KEY, or secrets.key_file). Nobody has to sign in for that.",
			"%s, so that the books cannot be asked", unread))
	}
	for i := range results {
		results[i].Code = grant.CodeKeyMissing
	}
	return results
}

// ends tells when a sign-in ends.
func (c check) ends(signed grant.Connection, s grant.State, now time.Time) Result {
	r := c.ok("signed in to company %s since %s", s.Company, s.SignedIn.Format(time.DateOnly))
	if !s.UnusedUntil.IsZero() {
		r.Looked += "; if it is not used any more it ends on " + s.UnusedUntil.Format(time.DateOnly)
	}
	if s.Ends.IsZero() {
		return r
	}
	if s.Ends.Sub(now) < endsSoon {
		return c.warn(admin, "Sign in again before: tradepost connect "+signed.SignIn.System+" "+signed.ID,
			"the sign-in of connection %s to %s ends on %s", signed.ID, signed.SignIn.Title, s.Ends.Format(time.DateOnly))
	}
	r.Looked += "; a person has to sign in again by " + s.Ends.Format(time.DateOnly)
	return r
}
