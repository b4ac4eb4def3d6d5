package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

// State is what the bucket shows of a sign-in without any key.
type State struct {
	// Connection is the connection's id.
	Connection string
	// System is the word of the accounting system: quickbooks.
	System string
	// Company is the id of the company that was signed in to.
	Company string
	// SignedIn is when a person signed in, Renewed when the last tokens were stored.
	SignedIn, Renewed time.Time
	// UnusedUntil is when the refresh token dies of not being used, and Ends when the
	// person has to sign in again in any case; zero where that is not known.
	UnusedUntil, Ends time.Time
	// Key is the id of the key that encrypted it.
	Key string
	// Trouble is why the last renewal did not work, or nil.
	Trouble *Trouble
	// Renewing says that somebody is renewing it, or died while doing so.
	Renewing bool
}

// States reads all sign-ins, by connection.
func States(ctx context.Context, js jetstream.JetStream) (map[string]State, error) {
	kv, err := js.KeyValue(ctx, bus.BucketGrants)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the sign-ins to accounting systems: %w", bus.BucketGrants, err)
	}
	names, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the sign-ins: %w", err)
	}
	defer func() { _ = names.Stop() }()
	states := map[string]State{}
	for name := range names.Keys() {
		if strings.Contains(name, ".") {
			continue // a slip, or the clock
		}
		e, err := kv.Get(ctx, name)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the sign-in of connection %s: %w", name, err)
		}
		var b body
		if err := json.Unmarshal(e.Value(), &b); err != nil {
			b = body{Trouble: &Trouble{Reason: ReasonUnreadable}}
		}
		states[name] = State{
			Connection: name, System: b.System, Company: b.Company, SignedIn: b.SignedIn, Renewed: b.Renewed,
			UnusedUntil: b.RefreshEnds, Ends: b.Ends, Key: b.Key, Trouble: b.Trouble, Renewing: b.Claim != nil,
		}
	}
	return states, nil
}

// Why returns what is wrong with a sign-in, in words for people; nil where nothing is.
// signed is false for one that is not there.
func Why(c Connection, s State, signed bool) *Error {
	h := &Holder{connection: c.ID, app: c.SignIn}
	switch {
	case !signed:
		return h.fail(ReasonNever, nil)
	case s.Trouble != nil:
		return h.troubled(s.Trouble, 0)
	}
	return nil
}

// Reencrypt encrypts every sign-in that another key encrypted with the one in use, and
// returns for which connections. Those that no key here can open are in the error.
func (k *Keeper) Reencrypt(ctx context.Context, js jetstream.JetStream, inUse string) (done []string, err error) {
	states, err := States(ctx, js)
	if err != nil {
		return nil, err
	}
	var failed []error
	for id, s := range states {
		if s.Key == inUse {
			continue
		}
		for err = errSwapped; errors.Is(err, errSwapped); {
			var old held
			if old, err = k.vault.load(ctx, id); err == nil {
				_, err = k.vault.swap(ctx, id, old, old.Entry)
			}
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		done = append(done, id)
	}
	return done, errors.Join(failed...)
}
