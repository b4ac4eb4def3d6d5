package posting

import (
	"context"
	"errors"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// LookElsewhere is for a send that is held since the invoice belongs to another
// connection by now, while d stands in the books of this one: as soon as a bookkeeper
// deleted it or made it void, the send goes on. It changes nothing in any books.
func (p *Poster) LookElsewhere(ctx context.Context, e record.Entry, d *tradepostv1.DocumentRef) error {
	if p.foreign(ctx, e) {
		return nil
	}
	subject := bus.Subject{Stage: bus.StageReady, Connection: p.Connection, InvoiceID: e.Key.InvoiceID}
	t, err := p.newTry(bus.Message{Subject: subject}, e, &tradepostv1.InvoiceReady{Send: e.Record.GetSend(), SnapshotHash: e.Record.GetSnapshotHash()})
	if err != nil {
		return err
	}
	// A credit memo may be the second document of a split, with a marker of its own.
	for _, marker := range t.markers(d) {
		found, outcome, err := t.find(t.told(ctx, nil), connector.Query{
			Kind: d.GetKind(), Marker: marker, ID: d.GetId(), Number: d.GetNumber(),
		})
		switch {
		case err != nil:
			return err
		case outcome != nil:
			return fmt.Errorf("the accounting system could not be asked: %s", outcome.GetWait().GetMessage())
		case len(found) > 0:
			return nil // It still is there.
		}
	}
	if outcome := t.absent(ctx, d); outcome != nil {
		return fmt.Errorf("it cannot be told yet whether the document is gone: %s", outcome.GetWait().GetMessage())
	}
	return t.goOn(ctx, e, d)
}

func (t *try) goOn(ctx context.Context, e record.Entry, d *tradepostv1.DocumentRef) error {
	_, err := t.Gate.Store.Change(ctx, e, record.GoneElsewhere(d))
	if errors.Is(err, record.ErrConflict) || errors.Is(err, record.ErrIllegal) {
		return nil // Somebody else decided meanwhile.
	}
	if err != nil {
		return err
	}
	t.log.InfoContext(ctx, "a document is gone that kept the invoice from its connection", "document", d.GetId(), "goes_to", e.Record.GetConnection())
	return nil
}
