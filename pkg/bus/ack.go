package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// How long the server gets to confirm an ack.
const ackTimeout = 5 * time.Second

// The answers to a delivery, as JetStream defines them.
const (
	answerAck        = "+ACK"
	answerNak        = "-NAK"
	answerTerm       = "+TERM"
	answerInProgress = "+WPI"
)

// ack waits for the server's confirmation. When it fails, the server delivers the
// message again, and the handler finds in the record that its work is done.
func (d *Delivery) ack() {
	ctx, cancel := context.WithTimeout(context.Background(), ackTimeout)
	defer cancel()
	_, err := d.loop.s.o.JS.Conn().RequestWithContext(ctx, d.Msg.Reply, []byte(answerAck))
	d.answered(err)
}

func (d *Delivery) nack() {
	d.mu.Lock()
	term, reason, delay := d.term, d.reason, d.delay
	d.mu.Unlock()
	switch {
	case term:
		d.answered(d.answer(answerTerm + " " + reason))
	case delay > 0:
		d.answered(d.answer(fmt.Sprintf(`%s {"delay": %d}`, answerNak, delay.Nanoseconds())))
	default:
		d.answered(d.answer(answerNak))
	}
}

func (d *Delivery) answer(text string) error {
	return d.loop.s.o.JS.Conn().Publish(d.Msg.Reply, []byte(text))
}

func (d *Delivery) answered(err error) {
	if err == nil {
		return
	}
	o := d.loop.s.o
	o.metrics.ackErrors.WithLabelValues(o.Service, o.Consumer.Stream).Inc()
	o.Log.Warn("the server did not take the ack, it will deliver the message again", "message", d.id, "error", err)
}

// giveBack lets another replica have a message that was not started.
func (l *loop) giveBack(m *nats.Msg) {
	_ = l.s.o.JS.Conn().Publish(m.Reply, []byte(answerNak))
}
