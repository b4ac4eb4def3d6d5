package model

import (
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

// rounds is how often every stage gets a turn, five minutes apart, until an invoice
// has to be at its end: the longest wait before a send is published again is 8 hours.
const rounds = 200

// round lets every stage do once all that it has to do, as it is when nothing fails.
func (w *world) round() {
	w.run(ingest, func(one *worker) { one.begin("poll", one.poll) })
	w.run(ingest, func(one *worker) { one.begin("sweep", one.sweep) })
	for _, stage := range []stageName{ingest, transform, deliver, reconcile} {
		for _, m := range w.due(stage) {
			w.run(stage, func(one *worker) { one.take(m) })
		}
	}
	w.run(deliver, func(one *worker) { one.begin("sweep", one.recover) })
	w.run(deliver, func(one *worker) { one.begin("evidence", one.evidence) })
	w.run(reconcile, func(one *worker) { one.begin("sweep", func() { one.sweepOutcome() }) })
}

// run gives a task to the first idle worker of the stage and lets it do its steps; it
// stays where it is when it waits for an answer.
func (w *world) run(stage stageName, begin func(*worker)) {
	for _, one := range w.workers {
		if one.stage == stage && one.idle() {
			begin(one)
			for range 100 {
				one.step()
			}
			return
		}
	}
}

// calm ends all trouble, lets the stages work, and wants the invoice at its end.
func (w *world) calm() {
	w.fates = nil
	for range rounds {
		for _, one := range w.workers {
			for range 100 {
				one.step()
			}
		}
		w.round()
		if w.unfinished() == "" && len(w.flight) == 0 && w.quiet() {
			w.final()
			return
		}
		w.books.file("import")
		if w.bucket.now.State() == record.Held {
			w.publish(message{to: ingest, follows: w.bucket.now.Record.GetSend()})
		}
		w.pass(5 * time.Minute)
	}
	w.breaks("after %d rounds without trouble: %s", rounds, w.unfinished())
}

func (w *world) quiet() bool {
	for _, one := range w.workers {
		if !one.idle() {
			return false
		}
	}
	return true
}

// final checks that an invoice that we called processed, and that nobody touched
// since, is what the books hold. Where a bookkeeper removed a document and the record
// was lost, what was read of the invoice up to a minute ago may be posted anew.
func (w *world) final() {
	if w.st.status != processed || w.st.ours != w.st.hand || w.books.live() < len(w.books.docs) {
		return
	}
	for _, d := range w.books.docs {
		if want := hashOf(w.st.content); !d.gone && !d.touched && d.hash != want {
			w.breaks("processed with %s, and the document is of %s", want, d.hash)
		}
	}
}
