package signin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// clockKey is written to learn the server's time. It has no dot, so it is no
// account's key.
const clockKey = "clock"

// Store is the bucket of the sign-ins.
type Store struct {
	kv  jetstream.KeyValue
	key *Key
	log *slog.Logger
}

// Open binds to the bucket, which `tradepost nats apply` makes.
func Open(ctx context.Context, js jetstream.JetStream, key *Key, log *slog.Logger) (*Store, error) {
	kv, err := js.KeyValue(ctx, bus.BucketSessions)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the sign-ins: %w", bus.BucketSessions, err)
	}
	return &Store{kv: kv, key: key, log: log}, nil
}

// Vault returns the place of one account's sign-in. identity is whom it signs in
// as, and where (never with what secret): another user is another sign-in.
func (s *Store) Vault(account string, identity ...string) *Vault {
	return &Vault{Store: s, name: account + "." + s.key.tag(append([]string{"identity"}, identity...)...)}
}

// Vault implements servicetrade.Vault over the bucket.
type Vault struct {
	*Store
	name string
}

// Load implements servicetrade.Vault.
func (v *Vault) Load(ctx context.Context) (servicetrade.Kept, error) {
	e, err := v.kv.Get(ctx, v.name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return servicetrade.Kept{}, nil
	}
	if err != nil {
		return servicetrade.Kept{}, fmt.Errorf("read the sign-in %s: %w", v.name, err)
	}
	s, err := v.key.open(v.name, e.Value())
	if err != nil { // Somebody wrote into it by hand: the next sign-in mends it.
		v.log.WarnContext(ctx, "the shared sign-in cannot be read, and is replaced", "key", v.name, "error", err)
	}
	return servicetrade.Kept{SignIn: s, Revision: e.Revision(), At: e.Created()}, nil
}

// Swap implements servicetrade.Vault.
func (v *Vault) Swap(ctx context.Context, old servicetrade.Kept, next servicetrade.SignIn) (servicetrade.Kept, error) {
	raw, err := v.key.seal(v.name, next)
	if err != nil {
		return servicetrade.Kept{}, err
	}
	var rev uint64
	if old.Revision == 0 {
		rev, err = v.kv.Create(ctx, v.name, raw)
	} else {
		rev, err = v.kv.Update(ctx, v.name, raw, old.Revision)
	}
	switch {
	case err == nil:
		return servicetrade.Kept{SignIn: next, Revision: rev}, nil
	case bus.IsConflict(err):
		return servicetrade.Kept{}, servicetrade.ErrSwapped
	}
	// The answer of a write that was made can be lost.
	if e, look := v.kv.Get(ctx, v.name); look == nil && bytes.Equal(e.Value(), raw) {
		return servicetrade.Kept{SignIn: next, Revision: e.Revision()}, nil
	}
	return servicetrade.Kept{}, fmt.Errorf("write the sign-in %s: %w", v.name, err)
}

// Now implements servicetrade.Vault: the server's time, so that the clocks of our
// own machines never matter.
func (v *Vault) Now(ctx context.Context) (time.Time, error) {
	rev, err := v.kv.PutString(ctx, clockKey, "")
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", err)
	}
	e, err := v.kv.GetRevision(ctx, clockKey, rev)
	if errors.Is(err, jetstream.ErrKeyNotFound) { // somebody else wrote since: that is as good
		e, err = v.kv.Get(ctx, clockKey)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the key-value server for its time: %w", err)
	}
	return e.Created(), nil
}

// Fingerprint implements servicetrade.Vault.
func (v *Vault) Fingerprint(secrets ...string) string {
	return v.key.tag(append([]string{"credentials"}, secrets...)...)
}
