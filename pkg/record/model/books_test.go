package model

import (
	"fmt"
	"slices"
	"time"
)

const (
	// callTime, claimTime and settlingTime are those of the accounting system here,
	// claimSettle is reconcile's claim.
	callTime     = 10 * time.Second
	claimTime    = callTime + 10*time.Second
	settlingTime = 2 * time.Second
	claimSettle  = 40 * time.Second
)

// books is an accounting system that can only be asked: no key and no index keeps a
// second document out, and a write shows up after a while.
type books struct {
	docs []*document
	// all has the hash of everything that was ever written.
	all []string
	// keyed makes a create with the key of another one answer with that one's document.
	keyed bool
}

type document struct {
	id, hash string
	version  int
	key      string
	shown    time.Time
	gone     bool
	touched  bool
}

func (b *books) live() int {
	n := 0
	for _, d := range b.docs {
		if !d.gone {
			n++
		}
	}
	return n
}

func (b *books) ever(hash string) bool { return slices.Contains(b.all, hash) }

// find answers what the accounting system shows; false when it does not answer.
func (w *worker) find() ([]document, bool) {
	w.pause("find")
	w.calls++
	if w.world.fate(10) == 9 {
		return nil, false
	}
	var found []document
	for _, d := range w.world.books.docs {
		if !d.gone && !d.shown.After(time.Now()) {
			found = append(found, *d)
		}
	}
	return found, true
}

// create writes a document, if the fence lets it. answered is false when nobody
// knows what became of it.
func (w *worker) create(hash string, generation int64) (made document, written, answered bool) {
	w.pause("create " + hash)
	if !w.mayWrite() {
		return document{}, false, true
	}
	late := settlingTime * time.Duration(w.world.fate(3)) / 2
	if generation > 1 {
		w.world.reached["second generation"] = true
	}
	answered = w.send("create "+hash, w.callDeadline(), func() { made = w.world.books.add(hash, generation, late) })
	return made, true, answered
}

func (b *books) add(hash string, generation int64, late time.Duration) document {
	key := fmt.Sprintf("%d/%s", generation, hash)
	for _, d := range b.docs {
		if b.keyed && d.key == key {
			return *d
		}
	}
	d := &document{id: fmt.Sprint("doc-", len(b.docs)+1), hash: hash, version: 1, key: key, shown: time.Now().Add(late)}
	b.docs, b.all = append(b.docs, d), append(b.all, hash)
	return *d
}

// update changes the document that was found, if it still has that version.
func (w *worker) update(f document, hash string) (after document, changed, answered bool) {
	w.pause("update " + f.id)
	if !w.mayWrite() {
		return document{}, false, true
	}
	answered = w.send("update "+f.id, w.callDeadline(), func() {
		for _, d := range w.world.books.docs {
			if d.id == f.id && !d.gone && d.version == f.version {
				d.hash, d.version = hash, d.version+1
				w.world.books.all = append(w.world.books.all, hash)
				after, changed = *d, true
				w.world.reached["update"] = true
			}
		}
	})
	return after, changed, answered
}
