package model

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

// mutant is a protocol with one step left out. The model has to find each.
type mutant string

const (
	sound            mutant = ""
	omitFind         mutant = "create without a find"
	omitFence        mutant = "write without a look at the fence"
	omitCAS          mutant = "change the record without comparing"
	omitTakeOver     mutant = "take over a claim that is in force"
	forgetDoubt      mutant = "give the claim back after a call whose end nobody knows"
	earlyLook        mutant = "look while a call may still be worked on"
	earlySecondLook  mutant = "look for a comment while its call may still be worked on"
	omitComment      mutant = "write failed before the comment"
	omitRead         mutant = "settle without reading the invoice again"
	omitCommentLook  mutant = "comment without looking for the comment"
	omitSettlingTime mutant = "believe at once that a document is gone"
	omitHeal         mutant = "never publish a send again"
	omitRecover      mutant = "never look for an attempt whose message is lost"
	omitEndedClaims  mutant = "leave a claim alone that has nothing in doubt"
	forgetHanded     mutant = "make again what was handed over"
	believeHanded    mutant = "believe that what was handed over is in the books"
	omitEvidence     mutant = "never look what became of what was handed over"
	omitWithdraw     mutant = "leave the send of a deleted invoice open"
	omitSecondRead   mutant = "write failed without reading the invoice again after the comment"
)

// world is one invoice and everything that acts on it.
type world struct {
	mutant  mutant
	st      serviceTrade
	books   books
	bucket  bucket
	stream  []*message
	flight  []*request
	workers []*worker
	// fates decide how calls end; when they are used up all goes well.
	fates []int
	// mapping counts how often the mapping was mended.
	mapping int
	names   int
	broken  []string
	// reached has the steps that were taken.
	reached map[string]bool
	log     []string
}

func newWorld(m mutant, fates []int) *world {
	w := &world{mutant: m, fates: fates, reached: map[string]bool{}}
	w.st = serviceTrade{status: "draft", content: 1}
	for _, s := range []stageName{ingest, ingest, transform, transform, deliver, deliver, deliver, reconcile, reconcile} {
		w.workers = append(w.workers, &worker{world: w, stage: s})
	}
	return w
}

// fate draws how a call ends: 0 is well.
func (w *world) fate(n int) int {
	if len(w.fates) == 0 {
		return 0
	}
	f := w.fates[0] % n
	w.fates = w.fates[1:]
	return f
}

// breaks notes that a promise was broken.
func (w *world) breaks(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
	w.note("BROKEN: "+format, args...)
}

func (w *world) note(format string, args ...any) {
	w.log = append(w.log, time.Now().Format("15:04:05.0 ")+fmt.Sprintf(format, args...))
}

// pass lets time go by; requests on their way arrive in their order.
func (w *world) pass(d time.Duration) {
	until := time.Now().Add(d)
	for {
		var next *request
		for _, r := range w.flight {
			if !r.arrives.After(until) && (next == nil || r.arrives.Before(next.arrives)) {
				next = r
			}
		}
		if next == nil {
			time.Sleep(time.Until(until))
			return
		}
		time.Sleep(time.Until(next.arrives))
		w.arrive(next)
	}
}

// request is a write on its way.
type request struct {
	arrives time.Time
	do      func()
	arrived bool
}

func (w *world) arrive(r *request) {
	for i, have := range w.flight {
		if have == r {
			w.flight = append(w.flight[:i], w.flight[i+1:]...)
			break
		}
	}
	r.arrived = true
	r.do()
	w.look()
}

// look checks the promises that hold at every moment.
func (w *world) look() {
	if n := w.books.live(); n > 1 {
		w.breaks("%d live documents", n)
	}
	seen := map[string]bool{}
	for _, c := range w.st.comments {
		if seen[c] {
			w.breaks("comment %s is there twice", c)
		}
		seen[c] = true
	}
}

func (w *world) trace() string {
	return fmt.Sprintf("%s\n%s\nServiceTrade %+v\nbooks %+v\nrecord %v", strings.Join(w.broken, "\n"),
		strings.Join(w.log, "\n"), w.st, w.books.docs, w.bucket.now.Record)
}

var theKey = record.Key{Account: "acme", InvoiceID: 1}
