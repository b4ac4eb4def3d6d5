package bus

import (
	"context"
	"fmt"
	"sync"
	"time"

	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
)

// Delivery is one delivery of a message, as a middleware finds it in the
// message's context. A middleware that calls NakAfter or Term calls the Watermill
// message's Nack as well.
type Delivery struct {
	// Msg is the message as it came, with all headers.
	Msg *nats.Msg
	// Meta says where it came from: stream, sequence, count of deliveries.
	Meta *nats.MsgMetadata

	consumer Consumer
	loop     *loop
	id       string
	headers  map[string]string
	// result is written and read by the goroutine of the handler only.
	result string

	mu     sync.Mutex
	delay  time.Duration
	term   bool
	reason string
}

type deliveryKey struct{}

// DeliveryFrom returns the delivery that a message's context belongs to.
func DeliveryFrom(ctx context.Context) (*Delivery, bool) {
	d, ok := ctx.Value(deliveryKey{}).(*Delivery)
	return d, ok
}

// NakAfter makes a Nack ask for the message again after d; without it at once.
func (d *Delivery) NakAfter(delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delay = delay
}

// Term makes a Nack end the message: it is not delivered again. The reason is
// shown in the server's advisory.
func (d *Delivery) Term(reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.term, d.reason = true, reason
}

// Stopping tells that the subscriber is being closed.
func (d *Delivery) Stopping() bool { return d.loop.stopping.Err() != nil }

// handle owns one slot and one message until the handler is done with it.
func (l *loop) handle(m *nats.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		l.s.o.Log.Error("a message without JetStream metadata is left alone", "subject", m.Subject, "error", err)
		return
	}
	d := &Delivery{Msg: m, Meta: meta, consumer: l.s.o.Consumer, loop: l}
	wm := d.watermill()
	ctx, cancel := context.WithCancel(context.WithValue(l.handling, deliveryKey{}, d))
	defer cancel()
	wm.SetContext(ctx)
	if l.handOver(wm) {
		l.await(d, wm)
	} else {
		l.giveBack(m)
	}
}

// handOver gives the message to Watermill, which takes it at once unless it stands
// still; healthy tells then. It is false when the loop was stopped first.
func (l *loop) handOver(wm *message.Message) bool {
	late := time.AfterFunc(stallAfter, func() { l.stuck.Add(1) })
	defer func() {
		if !late.Stop() {
			l.stuck.Add(-1)
		}
	}()
	select {
	case l.out <- wm:
		return true
	case <-l.stopping.Done():
		return false
	}
}

// await keeps the message alive until it is acked or nacked, and passes that on.
func (l *loop) await(d *Delivery, wm *message.Message) {
	alive := time.NewTicker(l.s.o.Consumer.AckWait / 3)
	defer alive.Stop()
	for {
		select {
		case <-wm.Acked():
			d.ack()
			return
		case <-wm.Nacked():
			d.nack()
			return
		case <-alive.C:
			if err := d.answer(answerInProgress); err != nil {
				l.s.o.Log.Warn("cannot tell the server that a message is in progress", "message", d.id, "error", err)
			}
		case <-l.gone:
			l.abandoned.Add(1)
			return
		}
	}
}

// watermill makes the Watermill message. A header that is repeated counts with its
// first value; headers of NATS itself stay out, so that nobody sends them on.
func (d *Delivery) watermill() *message.Message {
	headers := d.Msg.Header
	d.headers = make(map[string]string, len(headers))
	for key, values := range headers {
		if len(values) > 0 && key != wmnats.WatermillUUIDHdr && !isNATSHeader(key) {
			d.headers[key] = values[0]
		}
	}
	d.id = firstOf(headers.Get(wmnats.WatermillUUIDHdr), headers.Get(nats.MsgIdHdr),
		fmt.Sprintf("%s-%d", d.Meta.Stream, d.Meta.Sequence.Stream))
	wm := message.NewMessage(d.id, d.Msg.Data)
	for key, value := range d.headers {
		wm.Metadata.Set(key, value)
	}
	return wm
}

func isNATSHeader(key string) bool {
	return len(key) >= 5 && (key[:5] == "Nats-" || key[:5] == "nats-")
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// message is what the handler is given; its subject is still to be parsed.
func (d *Delivery) message() Message {
	return Message{
		Raw: d.Msg.Subject, Body: d.Msg.Data, ID: d.id, Headers: d.headers,
		Stream: d.Meta.Stream, Sequence: d.Meta.Sequence.Stream,
		Published: d.Meta.Timestamp, Delivered: int(d.Meta.NumDelivered),
	}
}
