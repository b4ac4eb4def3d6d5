// Package stored looks into the streams for what was published before.
package stored

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
)

// Streams reads single messages of the streams.
type Streams struct{ JS jetstream.JetStream }

// Ready fetches the ready message at a place in its stream.
func (s Streams) Ready(ctx context.Context, stream string, sequence uint64) (*tradepostv1.InvoiceReady, error) {
	raw, err := s.get(ctx, stream, func(ctx context.Context, st jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return st.GetMsg(ctx, sequence)
	})
	if err != nil {
		return nil, fmt.Errorf("read message %d of stream %s: %w", sequence, stream, err)
	}
	ready := &tradepostv1.InvoiceReady{}
	return ready, bus.Decode(bus.Message{Body: raw.Data}, ready)
}

// OutcomePublished tells whether the last outcome on the subject is this one.
func (s Streams) OutcomePublished(ctx context.Context, subject bus.Subject, send int64, outcomeHash string) (bool, error) {
	raw, err := s.get(ctx, bus.StreamOutcome, func(ctx context.Context, st jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return st.GetLastMsgForSubject(ctx, subject.String())
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the last message on %s: %w", subject, err)
	}
	o := &tradepostv1.InvoiceOutcome{}
	if err := bus.Decode(bus.Message{Body: raw.Data}, o); err != nil {
		return false, nil
	}
	return o.GetSend() == send && o.GetOutcomeHash() == outcomeHash, nil
}

type getter func(context.Context, jetstream.Stream) (*jetstream.RawStreamMsg, error)

func (s Streams) get(ctx context.Context, stream string, get getter) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	st, err := s.JS.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	return get(ctx, st)
}
