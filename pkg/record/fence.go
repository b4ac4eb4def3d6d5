package record

import (
	"context"
	"crypto/rand"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Margin is added to a claim before others take over: it covers the difference
// between the clocks of two key-value servers when the leader changes, and what
// a request needs from the socket to the accounting system.
const Margin = 5 * time.Second

// Claiming is the claim that a worker is about to write.
type Claiming struct {
	// Owner is unique to the attempt (NewOwner).
	Owner string
	// Lasts is the longest external call and 10 s more.
	Lasts time.Duration
	// Settling is how long a finished write may stay invisible to a search.
	Settling time.Duration
}

// NewOwner names one attempt of a process. Two attempts of one process must not
// be taken for each other: each writes its own claim.
func NewOwner(instance string) string { return instance + "/" + rand.Text() }

// TakeOverIn returns how long the claim in e still keeps others out; 0 or less
// means that it may be taken over now. Only the server's clock is used.
func (s *Store) TakeOverIn(ctx context.Context, e Entry) (time.Duration, error) {
	at := TakeOverAt(e)
	if at.IsZero() {
		return 0, nil
	}
	now, err := s.ServerNow(ctx)
	if err != nil {
		return 0, err
	}
	return at.Sub(now), nil
}

// TakeOverAt is the key-value server's time from which the claim in e may be taken
// over; zero when there is none.
func TakeOverAt(e Entry) time.Time {
	c := e.Record.GetClaim()
	if c == nil {
		return time.Time{}
	}
	return e.At.Add(keptFor(c))
}

// unanswered is the age from which a claim in force is told as one that may be a dead
// process's: the message of a process that gives no sign of life comes back after 30 s.
const unanswered = 45 * time.Second

// Unanswered tells of an attempt that may have written something, and whose owner did
// not write down since how that ended: since is when it began, again when somebody else
// looks in the books, both by the key-value server's clock. ok is false where the claim
// is so young that its call is most likely under way, or its owner has ended it.
func Unanswered(e Entry, now time.Time) (since, again time.Time, ok bool) {
	if e.State() != Claimed || e.Record.GetUnresolved() == nil || e.Record.GetClaim().GetEnded() {
		return time.Time{}, time.Time{}, false
	}
	return e.At, TakeOverAt(e), now.Sub(e.At) >= unanswered
}

// keptFor is how long others stay out, from the server's time of the claim on.
// An owner that ended its claim has no call under way of which it does not say so in
// settling, so that only what it wrote has to become visible.
func keptFor(c *tradepostv1.Claim) time.Duration {
	settling := c.GetSettling().AsDuration()
	if c.GetEnded() {
		return settling
	}
	return c.GetLasts().AsDuration() + settling + Margin
}

// Fence is the owner's side of a claim: it measures on the owner's monotonic
// clock from before the claim was written, so it always ends before others may
// take over.
type Fence struct{ until time.Time }

// NewFence starts to measure. Call it before the claim is written.
func NewFence(lasts time.Duration) Fence { return Fence{until: time.Now().Add(lasts)} }

// Deadline is when every call under the claim has to be over.
func (f Fence) Deadline() time.Time { return f.until }

// Left is how long the claim still lasts for its owner.
func (f Fence) Left() time.Duration { return time.Until(f.until) }
