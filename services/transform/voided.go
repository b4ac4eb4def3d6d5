package transform

import (
	"context"
	"errors"
	"slices"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// voided is what TakeBack has to know of an invoice that was voided after it was posted:
// what the record says, and what the messages say that were posted then. What is made of
// it depends on nothing that changes while the send is open.
func (s *Service) voided(ctx context.Context, r *tradepostv1.Record) (Voided, error) {
	v := Voided{Standing: record.Standing(r), Opened: r.GetOpenedAt().AsTime()}
	v.Begun = slices.ContainsFunc(r.GetDocuments(), func(d *tradepostv1.DocumentRef) bool {
		return d.GetReversal() && !d.GetGone() && d.GetConnection() == r.GetConnection()
	})
	for _, ref := range v.Standing {
		docs, err := s.given(ctx, ref)
		if err != nil {
			return v, err
		}
		v.Posted = append(v.Posted, docs...)
	}
	return v, nil
}

// given reads the documents of the message that ref was posted with; none when that is
// gone, or was never noted.
func (s *Service) given(ctx context.Context, ref *tradepostv1.DocumentRef) ([]*tradepostv1.Document, error) {
	if ref.GetStream() == "" {
		return nil, nil
	}
	m, err := bus.At(ctx, s.js, ref.GetStream(), ref.GetSequence())
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
