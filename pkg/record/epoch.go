package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

const (
	// beatEvery is how often it is written down that the records are still the same.
	beatEvery = 5 * time.Second
	// mostGap is the longest time between two such notes that a process which was not
	// there itself believes to be no loss.
	mostGap = 3 * beatEvery
	// epochTries is how often an epoch is looked at anew when others change it meanwhile.
	epochTries = 5
)

// ErrEpochs means that the epoch changed each time that it was looked at.
var ErrEpochs = errors.New("the epoch of the records keeps changing")

// Epochs tells for how long the records were kept without a loss. A store that was
// lost, emptied, or replaced by an older copy has forgotten claims whose calls may
// still be on their way: what they make cannot be found yet, and nobody knows of it.
// Whoever makes something that must be made once asks Young before he looks for it.
//
// It is seen in a key of the bucket. A process that saw the key before knows a store
// that lost or forgot it. One that did not believes a key that was written lately:
// every process writes it anew from time to time (Keep). Nobody can see that a copy of
// the last few seconds took the store's place, unless he wrote in them.
type Epochs struct {
	store *Store
	log   *slog.Logger
	path  string

	mu   sync.Mutex
	seen seenEpoch
}

type seenEpoch struct {
	id       string
	revision uint64
	// began is this machine's monotonic time of the beginning; zero where only id and
	// revision are known, from a process before this one.
	began time.Time
}

// Epochs returns what looks at the epoch for one process.
func (s *Store) Epochs(log *slog.Logger) *Epochs { return &Epochs{store: s, log: log} }

// Young tells for how long what others may have claimed under c in a lost store can
// still come to light; 0 when all of it must have. Ask it under a claim of one's own,
// and before looking for what is to be made.
func (e *Epochs) Young(ctx context.Context, c Claiming) (time.Duration, error) {
	began, err := e.look(ctx)
	if err != nil {
		return 0, err
	}
	return max(0, c.Lasts+c.Settling+Margin-time.Since(began)), nil
}

// Keep notes until ctx ends that the records are still the same.
func (e *Epochs) Keep(ctx context.Context) error {
	var last uint64
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		if err := e.beat(ctx, &last); err != nil && ctx.Err() == nil {
			e.log.DebugContext(ctx, "the epoch of the records is not noted", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// beat writes the key anew, where nobody did since last.
func (e *Epochs) beat(ctx context.Context, last *uint64) error {
	if _, err := e.look(ctx); err != nil {
		return err
	}
	entry, err := e.store.kv.Get(ctx, bus.EpochKey)
	if err != nil {
		return err
	}
	if entry.Revision() != *last {
		*last = entry.Revision()
		return nil
	}
	if *last, err = e.store.kv.Update(ctx, bus.EpochKey, entry.Value(), entry.Revision()); bus.IsConflict(err) {
		return nil
	}
	return err
}

// look returns when the epoch began that is in force now.
func (e *Epochs) look(ctx context.Context) (time.Time, error) {
	for range epochTries {
		before := e.known()
		entry, err := e.store.kv.Get(ctx, bus.EpochKey)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			entry = nil
		case err != nil:
			return time.Time{}, fmt.Errorf("read the epoch of the records: %w", err)
		}
		began, done, err := e.judge(ctx, before, entry)
		if done || err != nil {
			return began, err
		}
	}
	return time.Time{}, ErrEpochs
}

func (e *Epochs) known() seenEpoch {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen
}

// judge tells whether the entry continues what was known before it was read. What it
// does not believe it ends with an epoch that begins now; a reader that was answered by
// a server which is behind loses that write, and has to look again.
func (e *Epochs) judge(ctx context.Context, before seenEpoch, entry jetstream.KeyValueEntry) (began time.Time, done bool, err error) {
	if entry == nil {
		return e.begin(ctx, before, 0)
	}
	epoch, err := bus.DecodeEpoch(entry.Value())
	if err != nil {
		e.log.ErrorContext(ctx, "the epoch of the records cannot be read, and begins anew", "error", err)
		return e.begin(ctx, before, entry.Revision())
	}
	if entry.Revision() < before.revision {
		return e.begin(ctx, before, entry.Revision())
	}
	known := epoch.ID == before.id
	if known && !before.began.IsZero() {
		e.remember(ctx, seenEpoch{id: epoch.ID, revision: entry.Revision(), began: before.began})
		return before.began, true, nil
	}
	now, err := e.store.exactNow(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	if !known && now.Sub(entry.Created()) > mostGap {
		return e.begin(ctx, before, entry.Revision())
	}
	// Sub ends at 292 years, which is long enough for one that always was. One that begins
	// in the future, by a server's clock that was wrong then, begins now.
	began = time.Now().Add(-max(0, now.Sub(epoch.Since)))
	e.remember(ctx, seenEpoch{id: epoch.ID, revision: entry.Revision(), began: began})
	return began, true, nil
}

// begin writes a new epoch in the place of that revision.
func (e *Epochs) begin(ctx context.Context, before seenEpoch, revision uint64) (time.Time, bool, error) {
	now, err := e.store.exactNow(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	began, epoch := time.Now(), bus.NewEpoch(now)
	if revision == 0 {
		revision, err = e.store.kv.Create(ctx, bus.EpochKey, epoch.Encode())
	} else {
		revision, err = e.store.kv.Update(ctx, bus.EpochKey, epoch.Encode(), revision)
	}
	if bus.IsConflict(err) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("begin an epoch of the records: %w", err)
	}
	e.tell(ctx, before)
	e.remember(ctx, seenEpoch{id: epoch.ID, revision: revision, began: began})
	return began, true, nil
}

func (e *Epochs) tell(ctx context.Context, before seenEpoch) {
	const consequence = "nothing new is made until what was on its way before must have come to light"
	if before.id == "" {
		e.log.InfoContext(ctx, "the records are new, or were left alone: "+consequence)
		return
	}
	e.log.WarnContext(ctx, "the records were lost, or replaced by an older copy: "+consequence)
}

// remember keeps the latest; another goroutine may have seen more meanwhile.
func (e *Epochs) remember(ctx context.Context, now seenEpoch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch more := now.id != e.seen.id || now.revision > e.seen.revision; {
	case more:
		e.seen = now
		e.write(ctx, now)
	case now.id == e.seen.id && e.seen.began.IsZero():
		e.seen.began = now.began
	}
}
