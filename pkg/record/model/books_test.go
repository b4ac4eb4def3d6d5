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
	// all has the hash of everything that ever counted in the books.
	all []string
	// filed makes every create a file that waits until people import it, or say that they
	// never will.
	filed bool
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
	// waiting is a file that nobody imported yet, refused one that nobody ever will.
	waiting, refused bool
}

// live counts what is in the books, or may still be imported.
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

// find answers what the accounting system shows, and the file that waits to be imported,
// of which there is one at most; false when it does not answer.
func (w *worker) find() (found []document, handed *document, ok bool) {
	w.pause("find")
	w.calls++
	if w.world.fate(10) == 9 {
		return nil, nil, false
	}
	for _, d := range w.world.books.docs {
		switch {
		case d.gone || d.shown.After(time.Now()):
		case !d.waiting:
			found = append(found, *d)
		case w.world.mutant != forgetHanded:
			handed = d
		}
	}
	return found, handed, true
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
		if b.keyed && d.key == key && !d.refused {
			return *d
		}
	}
	d := &document{id: fmt.Sprint("doc-", len(b.docs)+1), hash: hash, version: 1, key: key, shown: time.Now().Add(late), waiting: b.filed}
	b.docs = append(b.docs, d)
	if !b.filed {
		b.all = append(b.all, hash)
	}
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
