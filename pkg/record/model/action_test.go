package model

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/record"
)

// action is one thing that happens to the world. who and n choose among what is
// there, so that any action fits any moment.
type action struct {
	do     string
	who, n int
}

func (a action) String() string { return fmt.Sprintf("%s %d %d", a.do, a.who, a.n) }

// kinds of actions, each as often as it is written.
var kinds = []string{
	"step", "step", "step", "step", "step", "step", "step", "step", "finish", "finish", "finish", "finish",
	"kill", "time", "time", "time", "round", "round",
	"send", "send", "edit", "move", "delete", "touch", "mend",
	"lose message", "lose stream", "replay", "dead letter", "retry", "lose bucket",
	"import", "refuse", "vouch", "settle by hand", "erase",
}

func actions() *rapid.Generator[[]action] {
	one := rapid.Custom(func(t *rapid.T) action {
		return action{
			do:  rapid.SampledFrom(kinds).Draw(t, "do"),
			who: rapid.IntRange(0, 8).Draw(t, "who"), n: rapid.IntRange(0, 11).Draw(t, "n"),
		}
	})
	return rapid.SliceOfN(one, 20, 160)
}

// jumps are the times that go by at once.
var jumps = []time.Duration{
	time.Second, 2 * time.Second, 9 * time.Second, 22 * time.Second, 28 * time.Second, 50 * time.Second,
	2 * time.Minute, 4 * time.Minute, 16 * time.Minute, time.Hour,
}

func (w *world) apply(a action) {
	worker := w.workers[a.who%len(w.workers)]
	switch a.do {
	case "step", "finish":
		if worker.idle() {
			worker.pick(a.n)
		}
		for range map[string]int{"step": 1 + a.n%4, "finish": 40}[a.do] {
			worker.step()
		}
	case "kill":
		worker.kill()
	case "time":
		w.pass(jumps[a.n%len(jumps)])
	case "round":
		w.round()
	default:
		w.disturb(a)
	}
	w.look()
}

// pick gives an idle worker something to do: a message if there is one, or a sweep.
func (w *worker) pick(n int) {
	if due := w.world.due(w.stage); len(due) > 0 && n%6 != 5 {
		w.take(due[n%len(due)])
		return
	}
	switch w.stage {
	case ingest:
		if n%2 == 0 {
			w.begin("poll", w.poll)
		} else {
			w.begin("sweep", w.sweep)
		}
	case deliver:
		if n%2 == 0 {
			w.begin("sweep", w.recover)
		} else {
			w.begin("evidence", w.evidence)
		}
	case reconcile:
		w.begin("sweep", func() { w.sweepOutcome() })
	}
}

func (w *worker) take(m *message) {
	serve := map[stageName]func(*message) verdict{
		ingest: w.command, transform: w.transform, deliver: w.deliver, reconcile: w.reconcile,
	}[w.stage]
	if m.command == settleByHand {
		serve = w.settleByHand
	}
	w.begin(fmt.Sprintf("message of send %d, %s", m.send, m.snapshot), func() { w.handle(m, serve) })
}

// disturb is what people and accidents do.
func (w *world) disturb(a action) {
	w.note("%s", a)
	switch a.do {
	case "send":
		if w.st.status != pending {
			w.st.status, w.st.hand, w.st.pressed = pending, w.st.hand+1, w.st.pressed+1
		}
	case "edit":
		w.st.content, w.st.hand = w.st.content+1, w.st.hand+1
	case "move":
		w.st.status, w.st.hand = []string{"draft", "sent", "void"}[a.n%3], w.st.hand+1
	case "erase":
		w.st.gone = w.st.gone || a.who == 0 && a.n%3 == 0
	case "delete", "touch":
		w.books.byHand(a.do)
	case "import", "refuse":
		w.books.file(a.do)
	case "vouch", "settle by hand":
		w.vouch(a.do)
	case "mend":
		w.mapping++
	case "lose stream":
		for _, m := range w.stream {
			m.acked = true
		}
	case "retry":
		w.publish(message{to: ingest, follows: w.bucket.now.Record.GetSend()})
	case "lose bucket":
		if a.n%3 == 0 {
			w.bucket.lose(a.who)
			w.pass(time.Until(w.bucket.away))
		}
	default:
		w.disturbMessage(a)
	}
}

func (w *world) disturbMessage(a action) {
	if len(w.stream) == 0 {
		return
	}
	m := w.stream[(len(w.stream)*(a.n+1)/12+len(w.stream)-1)%len(w.stream)]
	switch a.do {
	case "lose message":
		m.acked = true
	case "replay":
		again := *m
		again.from = time.Time{}
		w.publish(again)
	case "dead letter":
		for _, worker := range w.workers {
			if worker.stage == m.to && worker.idle() {
				worker.begin("dead letter", func() { worker.deadLetter(m) })
				return
			}
		}
	}
}

// byHand is what a bookkeeper does to the newest document.
func (b *books) byHand(what string) {
	for _, d := range slices.Backward(b.docs) {
		if !d.gone && !d.waiting {
			d.gone, d.touched, d.version = what == "delete", true, d.version+1
			return
		}
	}
}

// unfinished tells why the invoice is not at its end; "" when it is.
func (w *world) unfinished() string {
	r := w.bucket.now.Record
	switch {
	case w.st.status == pending && !w.st.gone:
		return "ServiceTrade shows it as pending"
	case r.GetUnresolved() != nil:
		return "an attempt is unresolved"
	case r != nil && r.GetState() != record.Closed:
		return "the record is " + record.StateName(r.GetState())
	}
	return ""
}
