package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

// Lease lets one of several replicas do what has to be done once. It returns true
// when owner has the lease of that name for as long as lasts: it had it, or nobody
// renewed it for that long. The name has no dot, so that it is no invoice's key, and
// is not "clock". The clock of this machine is compared with the server's: use it
// only for work that may be done twice without harm.
func (s *Store) Lease(ctx context.Context, name, owner string, lasts time.Duration) (bool, error) {
	e, err := s.kv.Get(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		_, err = s.kv.Create(ctx, name, []byte(owner))
	case err != nil:
	case string(e.Value()) == owner || time.Since(e.Created()) > lasts:
		_, err = s.kv.Update(ctx, name, []byte(owner), e.Revision())
	default:
		return false, nil
	}
	if bus.IsConflict(err) {
		return false, nil // Another replica was faster.
	}
	if err != nil {
		return false, fmt.Errorf("take the lease %s: %w", name, err)
	}
	return true, nil
}
