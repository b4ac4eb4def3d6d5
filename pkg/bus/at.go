package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// lookTimeout bounds the reading of one stored message.
const lookTimeout = 10 * time.Second

// ErrNoMessage means that the stream has no message there any more.
var ErrNoMessage = errors.New("there is no such message")

// At reads the message at a place in a stream, as `nats stream get` does. Delivered
// is 0: it was not delivered.
func At(ctx context.Context, js jetstream.JetStream, stream string, sequence uint64) (Message, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	st, err := js.Stream(ctx, stream)
	if err != nil {
		return Message{}, fmt.Errorf("read message %d of stream %s: %w", sequence, stream, err)
	}
	raw, err := st.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Message{}, fmt.Errorf("message %d of stream %s: %w", sequence, stream, ErrNoMessage)
	}
	if err != nil {
		return Message{}, fmt.Errorf("read message %d of stream %s: %w", sequence, stream, err)
	}
	return stored(stream, raw), nil
}

// Of calls f with every message of a subject that the stream still has, oldest
// first. It reads them one by one: an invoice has a handful in each stream.
func Of(ctx context.Context, js jetstream.JetStream, stream, subject string, f func(Message) error) error {
	st, err := js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("open the stream %s: %w", stream, err)
	}
	for next := uint64(1); ; {
		raw, err := st.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s in stream %s: %w", subject, stream, err)
		}
		if err := f(stored(stream, raw)); err != nil {
			return err
		}
		next = raw.Sequence + 1
	}
}

// stored is a message as a stream holds it. Its subject is zero when it names no invoice.
func stored(stream string, raw *jetstream.RawStreamMsg) Message {
	m := Message{
		Raw: raw.Subject, Body: raw.Data, Stream: stream, Sequence: raw.Sequence, Published: raw.Time,
		Headers: map[string]string{},
	}
	if s, err := ParseSubject(raw.Subject); err == nil {
		m.Subject = s
	}
	for key := range raw.Header {
		m.Headers[key] = raw.Header.Get(key)
	}
	return m
}
