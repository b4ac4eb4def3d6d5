package quickbooksonline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// readTime bounds the reading of everything, which many callers share and which
	// goes on when one of them gives up.
	readTime = 15 * time.Minute
	// gatherTime is by how much the looks at what was changed are apart at the least,
	// while more are writing, and will ask next, than are asking: each is a metered read.
	gatherTime = 500 * time.Millisecond
	// keptPart is for which part of the settling time a look at what was changed is good
	// enough for those who come later: 5 s of 30.
	keptPart = 6
)

// books is what this process knows of a company: which documents carry which marker,
// and the records that documents name. All of it is read whole once, and kept current
// by asking what was changed since.
type books struct {
	q       *Online
	markers markers
	records records

	mu sync.Mutex
	// since is from when on changes of an entity are not known yet, by QuickBooks'
	// clock. An entity that was not read yet is not in it.
	since map[string]time.Time
	// forgotten counts how often an entity was forgotten: a reading that began before
	// does not make it known.
	forgotten map[string]int
	// wanted are the records that documents name, read from the next reading on.
	wanted map[string]bool
	// now is the reading under way, next the one that takes in who asks for more; busy
	// says that somebody reads.
	now, next *reading
	busy      bool
	// began is when the last reading did, and good that it could be made.
	began time.Time
	good  bool
	// writing is how many documents are being written.
	writing int
}

// reading is one look at what was changed; all who ask before it begins share it, and
// those who ask soon after.
type reading struct {
	done chan struct{}
	// full is closed when so many ask that it is not to wait for more.
	full   chan struct{}
	closed bool
	asked  int
	traces connector.Traces
	err    error
}

func newBooks(q *Online) *books {
	return &books{q: q, since: map[string]time.Time{}, forgotten: map[string]int{}, wanted: map[string]bool{}, markers: newMarkers(), records: newRecords()}
}

// read brings everything up to date: what was never read is read whole, the rest in
// one call that tells the changes.
func (b *books) read(ctx context.Context) error {
	for _, name := range b.unread() {
		if err := b.ensure(ctx, name); err != nil {
			return err
		}
	}
	since, entities, turns := b.due()
	if time.Since(since) > changesBack {
		return b.readAnew(ctx, entities)
	}
	next, err := b.q.client.changed(ctx, since.Add(-b.q.overlap()), entities, b.change)
	if errors.Is(err, errTooMany) {
		return b.readAnew(ctx, entities)
	}
	if err != nil {
		return err
	}
	for _, name := range entities {
		b.known(name, next, turns[name])
	}
	return nil
}

// known notes until when an entity is known by a reading that began in this turn; it has
// no effect on what was forgotten since.
func (b *books) known(name string, until time.Time, turn int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forgotten[name] == turn {
		b.since[name] = until
	}
}

// have returns when records of these entities are known, whole. It asks nobody when
// they were read before: Find has asked for the changes, unless it was just done.
func (b *books) have(ctx context.Context, names ...string) error {
	b.mu.Lock()
	missing := false
	for _, name := range names {
		b.wanted[name] = true
		_, known := b.since[name]
		missing = missing || !known
	}
	b.mu.Unlock()
	if !missing {
		return ctx.Err()
	}
	return b.anew(ctx)
}

// unread lists what was never read and is wanted.
func (b *books) unread() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.missing()
}

// missing is unread for a caller that holds mu.
func (b *books) missing() (names []string) {
	for _, name := range append(entityNames(documents), slices.Sorted(maps.Keys(b.wanted))...) {
		if _, known := b.since[name]; !known {
			names = append(names, name)
		}
	}
	return names
}

// due lists what was read before, and the earliest time from which on changes are due,
// and how often each entity was forgotten by now.
func (b *books) due() (time.Time, []string, map[string]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var since time.Time
	entities := make([]string, 0, len(b.since))
	for name, at := range b.since {
		if captured(name) {
			entities = append(entities, name)
			if since.IsZero() || at.Before(since) {
				since = at
			}
		}
	}
	slices.Sort(entities)
	return since, entities, maps.Clone(b.forgotten)
}

// readAnew reads what was changed since by query, where change data capture cannot
// tell all of it. Records that were removed meanwhile are forgotten when they are asked
// for.
func (b *books) readAnew(ctx context.Context, entities []string) error {
	for _, name := range entities {
		b.mu.Lock()
		at, known := b.since[name]
		b.mu.Unlock()
		if !known {
			continue // Forgotten meanwhile: it is read whole when it is asked for.
		}
		since := at.Add(-b.q.overlap())
		if err := b.whole(ctx, name, "MetaData.LastUpdatedTime >= "+quote(since.UTC().Format(time.RFC3339))); err != nil {
			return err
		}
	}
	return nil
}

// ensure reads an entity whole for the first time.
func (b *books) ensure(ctx context.Context, name string) error {
	var conditions []string
	if isDocument(name) && b.q.cfg.SearchFrom != "" {
		conditions = append(conditions, "MetaData.CreateTime >= "+quote(b.q.cfg.SearchFrom+"T00:00:00Z"))
	}
	return b.whole(ctx, name, conditions...)
}

// whole reads all records of an entity that meet the conditions.
func (b *books) whole(ctx context.Context, name string, conditions ...string) error {
	b.mu.Lock()
	turn := b.forgotten[name]
	b.mu.Unlock()
	var began time.Time
	var err error
	if isDocument(name) {
		began, err = walk(ctx, b.q.client, name, conditions, func(p *paper) error {
			b.markers.note(entityNamed(name), p)
			return nil
		})
	} else {
		if activity(name) {
			conditions = append(conditions, "Active in (true, false)")
		}
		began, err = walk(ctx, b.q.client, name, conditions, func(r *wireRecord) error {
			b.records.note(name, r.record())
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the %s records of QuickBooks: %w", name, err)
	}
	b.q.log.DebugContext(ctx, "QuickBooks' records were read", "connection", b.q.connection, "records", name, "conditions", conditions)
	b.known(name, began, turn)
	return nil
}

// change takes one changed record in.
func (b *books) change(name string, raw json.RawMessage) error {
	if isDocument(name) {
		var p paper
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("read a changed %s: %w", name, err)
		}
		b.markers.note(entityNamed(name), &p)
		return nil
	}
	var r wireRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("read a changed %s: %w", name, err)
	}
	b.records.note(name, r.record())
	return nil
}

// forget lets records be read whole again: QuickBooks refused an id of them. What is
// known of them stays until then, since others are using it.
func (b *books) forget(names ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range names {
		delete(b.since, name)
		b.forgotten[name]++
	}
}

func isDocument(name string) bool { return name == invoiceEntity.name || name == memoEntity.name }
