package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// stale is how old a trouble is that nobody sees any more: while it lasts it is
// seen every few minutes, by whoever needs the account.
const stale = 15 * time.Minute

// State is what the bucket shows of a sign-in without its key.
type State struct {
	// SignedIn says that a session or token is kept.
	SignedIn bool
	// Trouble is why the account waits, or nil.
	Trouble *servicetrade.Trouble
	// At is when this was written, by the server's clock.
	At time.Time
}

// States reads the sign-ins of an account: one for each user and key that was
// used. Troubles that were not seen lately are left out.
func States(ctx context.Context, js jetstream.JetStream, account string, now time.Time) ([]State, error) {
	kv, err := js.KeyValue(ctx, bus.BucketSessions)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the sign-ins: %w", bus.BucketSessions, err)
	}
	names, err := kv.ListKeysFiltered(ctx, account+".*")
	if err != nil {
		return nil, fmt.Errorf("list the sign-ins of account %s: %w", account, err)
	}
	defer func() { _ = names.Stop() }()
	var states []State
	for name := range names.Keys() {
		e, err := kv.Get(ctx, name)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the sign-in %s: %w", name, err)
		}
		var b body
		if json.Unmarshal(e.Value(), &b) != nil {
			continue
		}
		s := State{SignedIn: b.SignedIn, Trouble: b.Trouble, At: e.Created()}
		if s.Trouble != nil && now.Sub(s.Trouble.Seen) > stale {
			s.Trouble = nil
		}
		states = append(states, s)
	}
	return states, nil
}
