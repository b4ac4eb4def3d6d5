package transform

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// VoidedOf is what TakeBack has to know of an invoice that was voided after it was posted:
// what the record says, and what the messages say that were posted then. What is made of
// it depends on nothing that changes while the send is open; opened is when that was. The
// stage and preview both ask it.
func VoidedOf(ctx context.Context, js jetstream.JetStream, r *tradepostv1.Record, opened time.Time) (Voided, error) {
	v := Voided{Standing: record.Standing(r), Opened: opened}
	v.Begun = slices.ContainsFunc(r.GetDocuments(), func(d *tradepostv1.DocumentRef) bool {
		return d.GetReversal() && !d.GetGone() && d.GetConnection() == r.GetConnection()
	})
	for _, ref := range v.Standing {
		docs, err := postedWith(ctx, js, ref)
		if err != nil {
			return v, err
		}
		v.Posted = append(v.Posted, docs...)
	}
	return v, nil
}

// postedWith reads the documents of the message that ref was posted with; none when that
// is gone, or was never noted.
func postedWith(ctx context.Context, js jetstream.JetStream, ref *tradepostv1.DocumentRef) ([]*tradepostv1.Document, error) {
	if ref.GetStream() == "" {
		return nil, nil
	}
	m, err := bus.At(ctx, js, ref.GetStream(), ref.GetSequence())
	if errors.Is(err, bus.ErrNoMessage) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ready := &tradepostv1.InvoiceReady{}
	if err := bus.Decode(m, ready); err != nil {
		// Whoever made it unreadable made it unknown.
		return nil, nil //nolint:nilerr // The fault of an unknown document says what to do.
	}
	return ready.GetDocuments(), nil
}
