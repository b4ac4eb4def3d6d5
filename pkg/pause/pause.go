// Package pause stops a connection as a whole and lets it go on: the pause is
// written into the connection's own record (bucket "connections") by compare-and-set,
// and then onto the consumer of its ready messages, where the NATS server holds it
// over all replicas and the stock nats program shows it.
//
// The record is the truth. Who writes a pause projects it at once; every deliver
// replica projects what it sees in the record again whenever it binds the consumer,
// so that a consumer that was lost and made anew is paused, too. A pause that a person
// put onto the consumer alone, with the nats program, is left as it is.
package pause

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/keep"
)

// Who pauses.
const (
	// Operator is a person. Automation never lifts or replaces such a pause.
	Operator = "operator"
	// Deliver is the deliver stage: the accounting system is signed out, throttled,
	// closed or not what it was.
	Deliver = "deliver"
)

// followsSoon is how long after its end a pause still belongs to the same trouble as
// the next one.
const followsSoon = 15 * time.Minute

// casTries bounds how often a change starts over because somebody else was faster.
const casTries = 10

var errBusy = errors.New("others keep changing it: try again")

// Store reads and writes the pauses of all connections.
type Store struct {
	js jetstream.JetStream
	kv jetstream.KeyValue
}

// Open binds to the bucket, which `tradepost nats apply` makes.
func Open(ctx context.Context, js jetstream.JetStream) (*Store, error) {
	kv, err := js.KeyValue(ctx, bus.BucketConnections)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q: %w", bus.BucketConnections, err)
	}
	return &Store{js: js, kv: kv}, nil
}

// InForce tells whether a pause still keeps the connection. nil does not.
func InForce(p *tradepostv1.Pause, now time.Time) bool {
	return p != nil && (p.GetUntil() == nil || p.GetUntil().AsTime().After(now))
}

// Get returns the pause of a connection, also one that is over; nil when it has none.
func (s *Store) Get(ctx context.Context, connection string) (*tradepostv1.Pause, error) {
	r, _, err := s.load(ctx, connection)
	return r.GetPause(), err
}

// Lately tells whether a connection is paused, or was until a time that is less than
// within ago: its messages have had no chance to make progress. A change of anything
// else in its record counts as well, which does no harm.
func (s *Store) Lately(ctx context.Context, connection string, within time.Duration, now time.Time) (bool, error) {
	p, err := s.Get(ctx, connection)
	if err != nil || InForce(p, now.Add(-within)) {
		return err == nil, err
	}
	e, err := s.kv.Get(ctx, connection)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the record of connection %s: %w", connection, err)
	}
	return now.Sub(e.Created()) < within, nil
}

// Set pauses a connection and returns the pause that is in force then: want, or the
// one that want must not replace (automation gives way to a person, and to a longer
// pause of its own). now is the caller's clock.
func (s *Store) Set(ctx context.Context, connection string, want *tradepostv1.Pause, now time.Time) (*tradepostv1.Pause, error) {
	after, err := s.change(ctx, connection, func(have *tradepostv1.Pause) *tradepostv1.Pause {
		return prevails(have, want, now)
	})
	if err != nil {
		return nil, err
	}
	return after, s.project(ctx, connection, nil, after, now)
}

// prevails returns which of two pauses counts. A pause that follows one of the same
// automation goes on with its time of beginning, while the trouble is the same.
func prevails(have, want *tradepostv1.Pause, now time.Time) *tradepostv1.Pause {
	next := &tradepostv1.Pause{By: want.GetBy(), Reason: want.GetReason(), Until: want.GetUntil(), Since: want.GetSince(), Probed: want.GetProbed(), Message: want.GetMessage(), Fix: want.GetFix()}
	if next.GetSince() == nil {
		next.Since = timestamppb.New(now)
	}
	if have.GetBy() == want.GetBy() && have.GetReason() == want.GetReason() && have.GetSince() != nil && InForce(have, now.Add(-followsSoon)) {
		next.Since = have.GetSince()
		if next.GetMessage() == "" {
			next.Message, next.Fix = have.GetMessage(), cmp.Or(next.GetFix(), have.GetFix())
		}
	}
	if !InForce(have, now) || want.GetBy() == Operator {
		return next
	}
	longer := have.GetUntil() == nil || (want.GetUntil() != nil && !want.GetUntil().AsTime().After(have.GetUntil().AsTime()))
	// A time that the accounting system asked for is not given up for a probe.
	asked := !have.GetProbed() && want.GetProbed()
	if have.GetBy() != want.GetBy() || longer || asked {
		return have
	}
	return next
}

// Lift ends the pause of a connection for a person, who may end any, also one that
// somebody put onto the consumer alone. It returns false when there was none.
func (s *Store) Lift(ctx context.Context, connection string) (bool, error) {
	// The consumer first: should this process die between the two, the record still
	// says paused, and whoever looks next does both again.
	lifted, err := s.resume(ctx, connection)
	if err != nil {
		return false, err
	}
	_, err = s.change(ctx, connection, func(have *tradepostv1.Pause) *tradepostv1.Pause {
		lifted = lifted || have != nil
		return nil
	})
	return lifted, err
}

// LiftOwn ends a pause for the automation that made it, if it still is what the
// connection's record says; anything that was written since stays.
func (s *Store) LiftOwn(ctx context.Context, connection string, own *tradepostv1.Pause, now time.Time) (bool, error) {
	have, err := s.Get(ctx, connection)
	if err != nil || own == nil || own.GetBy() == Operator || !proto.Equal(have, own) {
		return false, err
	}
	if err := s.project(ctx, connection, own, nil, now); err != nil {
		return false, err
	}
	lifted := false
	_, err = s.change(ctx, connection, func(have *tradepostv1.Pause) *tradepostv1.Pause {
		if lifted = proto.Equal(have, own); lifted {
			return nil
		}
		return have
	})
	return lifted, err
}

// change replaces the pause in the connection's record; the rest of the record stays,
// with what only a newer version knows.
func (s *Store) change(ctx context.Context, connection string, step func(*tradepostv1.Pause) *tradepostv1.Pause) (*tradepostv1.Pause, error) {
	for range casTries {
		r, revision, err := s.load(ctx, connection)
		if err != nil {
			return nil, err
		}
		next := step(r.GetPause())
		if next == r.GetPause() {
			return next, nil
		}
		r.Pause = next
		err = s.store(ctx, r, revision)
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return next, err
		}
	}
	return nil, fmt.Errorf("the record of connection %s: %w", connection, errBusy)
}

func (s *Store) load(ctx context.Context, connection string) (*tradepostv1.ConnectionRecord, uint64, error) {
	r := &tradepostv1.ConnectionRecord{Connection: connection}
	e, err := s.kv.Get(ctx, connection)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return r, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the record of connection %s: %w", connection, err)
	}
	if err := keep.Unmarshal(e.Value(), r); err != nil {
		return nil, 0, fmt.Errorf("decode the record of connection %s: %w", connection, err)
	}
	return r, e.Revision(), nil
}

func (s *Store) store(ctx context.Context, r *tradepostv1.ConnectionRecord, revision uint64) error {
	body, err := keep.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode the record of connection %s: %w", r.GetConnection(), err)
	}
	if revision == 0 {
		_, err = s.kv.Create(ctx, r.GetConnection(), body)
	} else {
		_, err = s.kv.Update(ctx, r.GetConnection(), body, revision)
	}
	if err != nil {
		return fmt.Errorf("write the record of connection %s: %w", r.GetConnection(), err)
	}
	return nil
}
