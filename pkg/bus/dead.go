package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a dead letter. Its body is the body of the message that could not be
// handled, byte for byte, and that message's own headers are there as well.
const (
	// HeaderCause is the code of the poison.
	HeaderCause = "Tradepost-Cause"
	// HeaderError is the error text, on one line, shortened.
	HeaderError          = "Tradepost-Error"
	HeaderOriginStream   = "Tradepost-Origin-Stream"
	HeaderOriginSequence = "Tradepost-Origin-Sequence"
	HeaderOriginSubject  = "Tradepost-Origin-Subject"
	HeaderOriginDurable  = "Tradepost-Origin-Durable"
	// HeaderBodyOmitted is set, to the body's size in bytes, when the body did not
	// fit: it is found by stream and sequence.
	HeaderBodyOmitted = "Tradepost-Body-Omitted"
)

const (
	maxErrorText   = 2000
	deadTimeout    = 15 * time.Second
	headerOverhead = 1024
)

// bury writes the dead letter, tells OnDead, and ends the message. If either
// fails the message stays and is tried again later: it is never lost.
func (r *Router) bury(ctx context.Context, d *Delivery, m Message, code string, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadTimeout)
	defer cancel()
	reason := oneLine(cause.Error())
	if !strings.HasPrefix(reason, code) {
		reason = code + ": " + reason
	}
	err := r.writeDeadLetter(ctx, d, m, code, reason)
	if err == nil && r.o.OnDead != nil {
		err = r.onDead(ctx, m, reason)
	}
	log := r.o.Log.With("durable", d.consumer.Durable, "subject", m.Raw, "stream", m.Stream, "sequence", m.Sequence, "cause", code)
	if err != nil {
		log.ErrorContext(ctx, "cannot bury a poisonous message, it is tried again", "delay", deadLetterRetry, "error", err, "reason", reason)
		d.result = resultRetry
		d.NakAfter(deadLetterRetry)
		return
	}
	log.ErrorContext(ctx, "the message became a dead letter", "reason", reason)
	r.metrics.dead.WithLabelValues(r.o.Service, stageLabel(m.Raw), r.metrics.connections.of(m.Subject.Connection), code).Inc()
	r.panics.Remove(d.key())
	d.result = resultDead
	d.Term(reason)
}

// onDead guards against a panic of the callback: the message must stay.
func (r *Router) onDead(ctx context.Context, m Message, reason string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("write down that the invoice is held: panic: %v", v)
		}
	}()
	if err := r.o.OnDead(ctx, m, reason); err != nil {
		return fmt.Errorf("write down that the invoice is held: %w", err)
	}
	return nil
}

// writeDeadLetter is idempotent within the stream's dedupe window: the message id
// names the message and its consumer.
func (r *Router) writeDeadLetter(ctx context.Context, d *Delivery, m Message, code, reason string) error {
	subject := DeadUnknown
	if !m.Subject.IsZero() {
		subject = m.Subject.To(StageDead)
	}
	letter := deadLetter(d, m, code, reason, r.o.JS.Conn().MaxPayload())
	wire, err := r.publisher.marshaler.Marshal(subject.String(), letter)
	if err != nil {
		return fmt.Errorf("write dead letter on %s: %w", subject, err)
	}
	if err := r.publisher.put(ctx, wire); err != nil {
		return fmt.Errorf("write dead letter: %w", err)
	}
	return nil
}

// deadLetter makes the message; one that would be larger than limit (bytes, headers
// included) gets no body and no headers of the origin.
func deadLetter(d *Delivery, m Message, code, reason string, limit int64) *message.Message {
	own := map[string]string{
		HeaderCause: code, HeaderError: reason, jetstream.MsgIDHeader: d.key(),
		HeaderOriginStream: m.Stream, HeaderOriginSequence: strconv.FormatUint(m.Sequence, 10),
		HeaderOriginSubject: m.Raw, HeaderOriginDurable: d.consumer.Durable,
	}
	origin, body := m.Headers, m.Body
	if headerOverhead+len(body)+wireSize(origin)+wireSize(own) > int(limit) {
		own[HeaderBodyOmitted] = strconv.Itoa(len(body))
		origin, body = nil, nil
	}
	letter := message.NewMessage(d.id, body)
	for _, headers := range []map[string]string{origin, own} {
		for key, value := range headers {
			letter.Metadata.Set(key, value)
		}
	}
	return letter
}

func wireSize(headers map[string]string) (bytes int) {
	for key, value := range headers {
		bytes += len(key) + len(value) + len(": \r\n")
	}
	return bytes
}

// oneLine makes a text safe for a header: NATS headers end at a line break.
func oneLine(text string) string {
	text = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text))
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "..."
	}
	return text
}
