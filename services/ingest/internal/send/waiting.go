package send

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

const (
	// recheckAge is when an invoice that waits is read again, though its row did not
	// change: what a filter goes by may be mended at the job or the location. It
	// doubles with every look that finds the same reason, recheckDoublings times.
	recheckAge       = 5 * time.Minute
	recheckDoublings = 5
	// maxWaiting bounds how many are remembered. Beyond it some are forgotten, and
	// cost a read at the next poll.
	maxWaiting = 50_000
)

// Waiting is an invoice that stays as it is in ServiceTrade because no enabled
// connection takes it, or because another one posted it before.
type Waiting struct {
	InvoiceID int64
	// Reason is for people.
	Reason string
	// Since is when this process first found it so.
	Since time.Time
}

// waits is what is remembered of one of them.
type waits struct {
	Waiting
	// listed and read are ServiceTrade's time of the invoice's last change, as the
	// list and the invoice itself showed it: whatever of the two a list shows again
	// is no change.
	listed, read int64
	looked       time.Time
	looks        int
	// held says that its send is held, for a document in other books.
	held bool
}

// waitingRoom remembers who waits, so that naming them costs no call at every poll.
type waitingRoom struct {
	account string
	log     *slog.Logger
	now     func() time.Time
	metrics *Metrics

	mu    sync.Mutex
	known map[int64]*waits
}

// Waiting returns the invoices that wait, those that have waited longest first.
func (d *Desk) Waiting() []Waiting {
	w := &d.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Waiting, 0, len(w.known))
	for _, one := range w.known {
		all = append(all, one.Waiting)
	}
	slices.SortFunc(all, func(a, b Waiting) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.InvoiceID, b.InvoiceID))
	})
	return all
}

// Listed is told of every complete list: who is not in it does not wait any more. One
// that moved in ServiceTrade's list while it was read, and so was missed, costs a read
// and a word in the log at the next poll, nothing else.
func (d *Desk) Listed(rows []servicetrade.InvoiceRow) {
	w := &d.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.known) > 0 {
		listed := make(map[int64]bool, len(rows))
		for _, row := range rows {
			listed[row.ID] = true
		}
		for id, one := range w.known {
			// A held one may have failed before; its record tells when it waits no more.
			if !listed[id] && !one.held {
				delete(w.known, id)
			}
		}
	}
	w.metrics.waits(w.account, len(w.known))
}

// Close takes the account's number off the metrics: nobody counts it any more.
func (d *Desk) Close() { d.waiting.metrics.forget(d.waiting.account) }

// stillWaits tells whether another look at a listed invoice would find what the last
// one found.
func (w *waitingRoom) stillWaits(row servicetrade.InvoiceRow) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	one, known := w.known[row.ID]
	if !known || (row.Updated != 0 && row.Updated != one.listed && row.Updated != one.read) {
		return false
	}
	return w.now().Sub(one.looked) < recheckAge<<min(one.looks-1, recheckDoublings)
}

// enter remembers that an invoice waits, and tells it when that is new.
func (w *waitingRoom) enter(ctx context.Context, id, listed, read int64, why string) {
	w.note(ctx, id, listed, read, why, false)
}

// hold remembers an invoice whose send is held for a document in other books, and
// tells it when that is new.
func (w *waitingRoom) hold(ctx context.Context, id, listed, read int64, why string) {
	w.note(ctx, id, listed, read, why, true)
}

func (w *waitingRoom) note(ctx context.Context, id, listed, read int64, why string, held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one, known := w.known[id]
	if !known || one.Reason != why {
		one = &waits{Waiting: Waiting{InvoiceID: id, Reason: why, Since: w.now()}, held: held}
		if held {
			w.log.WarnContext(ctx, "the invoice is held: it has a document in the books of another connection", "invoice", id, "reason", why)
		} else {
			w.log.WarnContext(ctx, "the invoice waits: no connection can take it", "invoice", id, "reason", why)
		}
	} else if read != one.read {
		one.looks = 0
	}
	one.listed, one.read, one.looked, one.looks = listed, read, w.now(), one.looks+1
	for other := range w.known {
		if len(w.known) < maxWaiting || known {
			break
		}
		delete(w.known, other)
	}
	w.known[id] = one
	w.metrics.waits(w.account, len(w.known))
}

// leave forgets an invoice that waits no more.
func (w *waitingRoom) leave(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.known[id]; known {
		delete(w.known, id)
		w.metrics.waits(w.account, len(w.known))
	}
}

// release forgets an invoice whose send is not held any more.
func (w *waitingRoom) release(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.known[id]; one != nil && one.held {
		delete(w.known, id)
		w.metrics.waits(w.account, len(w.known))
	}
}
