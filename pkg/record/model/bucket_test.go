package model

import (
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// bucket holds the record, as package record's Store does on a real one.
type bucket struct {
	now record.Entry
	rev uint64
	// past has every revision, for a copy that is restored.
	past []record.Entry
	// away is until when nobody can read or write.
	away time.Time
}

var (
	errAway    = errors.New("the bucket is away")
	errUnknown = errors.New("nobody knows whether the record was written")
)

func (w *worker) get() (record.Entry, error) {
	w.pause("read the record")
	b := &w.world.bucket
	if time.Now().Before(b.away) {
		return record.Entry{}, errAway
	}
	e := b.now
	e.Key = theKey
	return e, nil
}

// change is Store.Change: the transition gets a copy, and its result is written if
// nobody else wrote since.
func (w *worker) change(e record.Entry, what string, step record.Transition) (record.Entry, error) {
	w.pause("record: " + what)
	b := &w.world.bucket
	if time.Now().Before(b.away) {
		return record.Entry{}, errAway
	}
	var current *tradepostv1.Record
	if e.Record != nil {
		current = proto.CloneOf(e.Record)
	}
	next, err := step(current)
	if err != nil {
		return record.Entry{}, err
	}
	if b.now.Revision != e.Revision && w.world.mutant != omitCAS {
		return record.Entry{}, record.ErrConflict
	}
	w.world.reached[what+": "+stateOf(e.Record)+" -> "+stateOf(next)] = true
	b.rev++
	b.now = record.Entry{Key: theKey, Record: next, Revision: b.rev, At: time.Now()}
	b.past = append(b.past, b.now)
	w.world.note("%s: %s -> %s", w.name, what, record.StateName(next.GetState()))
	if w.world.fate(20) == 19 {
		return record.Entry{}, errUnknown // it is written, and neither the answer nor a second look came through
	}
	return b.now, nil
}

func stateOf(r *tradepostv1.Record) string {
	if r == nil {
		return "absent"
	}
	return record.StateName(r.GetState())
}

// takeOverIn is Store.TakeOverIn.
func (w *worker) takeOverIn(e record.Entry) time.Duration {
	at := record.TakeOverAt(e)
	if at.IsZero() || w.world.mutant == omitTakeOver {
		return 0
	}
	w.pause("ask the server for its time")
	return time.Until(at)
}

// lose makes the bucket anew, empty or from an old copy, which takes longer than any
// claim lasts.
func (b *bucket) lose(copied int) {
	b.away = time.Now().Add(max(claimTime, claimSettle) + settlingTime + record.Margin)
	b.rev++
	if copied == 0 || len(b.past) == 0 {
		b.now = record.Entry{}
		return
	}
	old := b.past[copied%len(b.past)]
	b.now = record.Entry{Key: theKey, Record: old.Record, Revision: b.rev, At: old.At}
}
