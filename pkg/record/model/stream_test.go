package model

import (
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

// message is one message of a stream: received and ready wake transform and deliver,
// outcome wakes reconcile, command wakes ingest.
type message struct {
	to       stageName
	send     int64
	snapshot string
	content  int
	takenAt  time.Time
	outcome  string
	follows  int64
	// command is what an operator wants of the send that it follows; "" is a retry.
	command   string
	published time.Time
	// from is when it may be delivered; later for one that is parked or was refused.
	from      time.Time
	delivered int
	acked     bool
}

func (w *world) publish(m message) {
	m.published, m.delivered, m.acked = time.Now(), 0, false
	if m.from.Before(m.published) {
		m.from = m.published
	}
	w.stream = append(w.stream, &m)
}

func (w *worker) publish(m message) {
	w.pause(fmt.Sprintf("publish to %s", m.to))
	w.world.publish(m)
}

// due lists the messages that a stage can be given now; one that another worker has
// in hand counts too, since acknowledgements come late.
func (w *world) due(to stageName) []*message {
	var all []*message
	for _, m := range w.stream {
		if m.to == to && !m.acked && !m.from.After(time.Now()) {
			all = append(all, m)
		}
	}
	return all
}

// handle gives a message to the worker's stage, and does what its answer asks for.
func (w *worker) handle(m *message, serve func(*message) verdict) {
	m.delivered++
	v := serve(m)
	w.pause("answer the message")
	switch {
	case v.again > 0:
		m.from = time.Now().Add(v.again)
	case v.err != nil:
		m.from = time.Now().Add(time.Second << min(m.delivered, 8))
	default:
		m.acked = true
	}
}

// verdict is what a handler returns: ack, come again after a while, or an error.
type verdict struct {
	again time.Duration
	err   error
}

var done = verdict{}

func again(d time.Duration) verdict { return verdict{again: max(d, time.Millisecond)} }

func failed(err error) verdict { return verdict{err: err} }

const aheadTries = 8

// admit is stage.Gate.Admit.
func (w *worker) admit(m *message) (record.Entry, bool, verdict) {
	e, err := w.get()
	if err != nil {
		return e, false, failed(err)
	}
	switch record.Match(e, m.send, m.snapshot, m.published) {
	case record.Current:
		return e, true, done
	case record.Ahead:
		if m.delivered < aheadTries {
			return e, false, again(500 * time.Millisecond)
		}
	case record.Replayed:
		if m.to == transform || m.to == deliver {
			w.publish(message{to: ingest, follows: e.Record.GetSend()})
		}
	}
	return e, false, done
}

// deadLetter takes a message out, as the middleware does with poison; the record of
// one that a send may wait for is held.
func (w *worker) deadLetter(m *message) {
	for m.to == transform || m.to == deliver {
		e, err := w.get()
		if err != nil {
			return
		}
		switch e.State() {
		case record.Opening, record.Opened, record.Parked:
		default:
			m.acked = true
			return
		}
		if _, err = w.change(e, "hold", record.Hold("dead letter")); err == nil {
			m.acked = true
			return
		}
	}
}
