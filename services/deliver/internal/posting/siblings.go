package posting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// reasonSiblings is the reason of a wait for the books of another connection of the account.
const reasonSiblings = "other_books"

// elsewhereError ends an attempt: the invoice stands in the books of another connection.
type elsewhereError struct{ found *tradepostv1.DocumentRef }

func (e *elsewhereError) Error() string {
	return record.HeldElsewhere + e.found.GetConnection()
}

// siblings asks the books of the account's other connections for the invoice, before a
// document is made: the record tells which of them has it, but a record may be lost, or
// be an older copy, while filters or the invoice changed since. It returns nil when none
// has it, and an elsewhereError for the first that does. Whom nobody could ask may have it.
func (t *try) siblings(ctx context.Context, one paper) (*tradepostv1.Outcome, error) {
	if t.Siblings == nil || one.slot.Reversal {
		return nil, nil // What it takes back was just found in these books.
	}
	others, absent := t.Siblings()
	if len(absent) > 0 {
		return unasked(strings.Join(absent, " and "), "not attached"), nil
	}
	for _, p := range others {
		found, outcome, err := t.askSibling(ctx, p, one)
		switch {
		case err != nil:
			return nil, err
		case outcome.GetWait() != nil:
			return unasked(p.Connection, outcome.GetWait().GetMessage()), nil
		case outcome != nil:
			return unasked(p.Connection, "its books did not let a document be looked for"), nil
		case len(found) > 0:
			return nil, &elsewhereError{&tradepostv1.DocumentRef{
				Kind: one.doc.GetKind(), Connection: p.Connection, Id: found[0].ID, Number: found[0].Number,
				Total: found[0].Total, Generation: 1, Send: t.ready.GetSend(),
			}}
		}
	}
	return nil, nil
}

// askSibling looks for the document, and makes sure that it looked into the right books
// where it finds none.
func (t *try) askSibling(ctx context.Context, p *Poster, one paper) ([]connector.Found, *tradepostv1.Outcome, error) {
	m := bus.Message{Subject: bus.Subject{Stage: bus.StageReady, Connection: p.Connection, InvoiceID: t.m.Subject.InvoiceID}}
	look, err := p.newTry(m, t.entry, &tradepostv1.InvoiceReady{Send: t.ready.GetSend(), SnapshotHash: t.ready.GetSnapshotHash()})
	if err != nil {
		return nil, nil, err
	}
	found, outcome, err := look.find(look.told(ctx, nil), connector.Query{
		Kind: one.doc.GetKind(), Marker: one.doc.GetMarker(), Number: one.doc.GetNumber(),
	})
	if err == nil && outcome == nil && len(found) == 0 {
		outcome = look.sameBooks(ctx, false)
	}
	return found, outcome, err
}

// unasked makes this invoice wait alone: the connection itself is in no trouble.
func unasked(connection, why string) *tradepostv1.Outcome {
	return waitFor(reasonSiblings, fmt.Sprintf(
		"the account's connection %s cannot be asked whether it posted the invoice before: %s. Mend that connection, or disable it when it is certain that it has none of these invoices",
		connection, why))
}

// holdElsewhere notes the document that was found, and leaves the invoice to a person or
// to the filters, as when the record had known it.
func (t *try) holdElsewhere(ctx context.Context, e *elsewhereError) error {
	t.log.WarnContext(ctx, "the invoice is held: the books of another connection have it, which its record did not know",
		"document", e.found.GetId(), "of", e.found.GetConnection())
	return t.change(ctx, func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		for _, step := range []record.Transition{
			record.Note(t.owner, e.found), record.Release(t.owner, record.Waits{Since: time.Now()}), record.Hold(e.Error()),
		} {
			var err error
			if r, err = step(r); err != nil {
				return nil, err
			}
		}
		r.Waiting = nil
		return r, nil
	})
}

// asElsewhere is the error of an attempt that found the invoice in other books; else nil.
func asElsewhere(err error) *elsewhereError {
	e, _ := errors.AsType[*elsewhereError](err)
	return e
}
