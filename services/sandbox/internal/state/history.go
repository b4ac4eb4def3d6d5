package state

import (
	"maps"
	"slices"
	"time"
)

// HistoryAge is how far back ReadAt can look at least while there are not
// uncommonly many changes.
const HistoryAge = time.Hour

// historySteps bounds the memory that the past takes.
const historySteps = 50000

// step leads from the tables after one change to those before it.
type step struct {
	at   time.Time
	undo []func(past *Tables)
}

// keep stores a record and notes what was there before.
func keep[T any](t *Tables, id int64, record *T) {
	noteOld[T](t, id)
	tableOf[T](t)[id] = record
}

// remove deletes a record and notes what was there before.
func remove[T any](t *Tables, id int64) {
	noteOld[T](t, id)
	delete(tableOf[T](t), id)
}

// put replaces a record by a changed copy.
func put[T any](t *Tables, id int64, change func(*T)) {
	next := *tableOf[T](t)[id]
	change(&next)
	keep(t, id, &next)
}

func noteOld[T any](t *Tables, id int64) {
	old, was := tableOf[T](t)[id]
	t.undo = append(t.undo, func(past *Tables) {
		if was {
			tableOf[T](past)[id] = old
		} else {
			delete(tableOf[T](past), id)
		}
	})
}

// tableOf gives the table of a kind of records; no two tables hold the same kind.
func tableOf[T any](t *Tables) Table[T] {
	for _, table := range []any{
		t.Invoices, t.Comments, t.Companies, t.Locations, t.Jobs, t.LibItems, t.ServiceLines, t.Users, t.JobItems,
		t.Contracts, t.Systems, t.Webhooks, t.Attachments,
	} {
		if own, ok := table.(Table[T]); ok {
			return own
		}
	}
	panic("state: no table holds these records") // a mistake in this package
}

func (t *Tables) clone() *Tables {
	return &Tables{
		Companies: maps.Clone(t.Companies), Locations: maps.Clone(t.Locations), Jobs: maps.Clone(t.Jobs),
		LibItems: maps.Clone(t.LibItems), ServiceLines: maps.Clone(t.ServiceLines), Users: maps.Clone(t.Users),
		JobItems: maps.Clone(t.JobItems), Contracts: maps.Clone(t.Contracts), Invoices: maps.Clone(t.Invoices),
		Comments: maps.Clone(t.Comments), Systems: maps.Clone(t.Systems), Webhooks: maps.Clone(t.Webhooks),
		Attachments: maps.Clone(t.Attachments), nextID: t.nextID,
	}
}

// remember takes the way back from the change that was just made. The lock is held.
func (s *Store) remember() {
	now := s.cfg.Now()
	if undo := s.tables.undo; len(undo) > 0 {
		s.tables.undo = nil
		s.history = append(s.history, step{now, undo})
	}
	forget := max(0, len(s.history)-historySteps)
	for forget < len(s.history) && now.Sub(s.history[forget].at) > HistoryAge {
		forget++
	}
	clear(s.history[:forget])
	s.history = s.history[forget:]
}

// ReadAt is Read of the account as it was at a time: after the changes of that
// moment, before later ones. What is older than the history, or from before the
// account was opened, shows as the oldest state that is known.
func (s *Store) ReadAt(at time.Time, fn func(*Tables)) {
	s.mu.RLock()
	past := s.tables.clone()
	for _, change := range slices.Backward(s.history) {
		if !change.at.After(at) {
			break
		}
		for _, undo := range slices.Backward(change.undo) {
			undo(past)
		}
	}
	s.mu.RUnlock()
	fn(past)
}
