package quickbooksonline

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Update implements connector.Updater. It writes only the fields that are Tradepost's,
// with the version that QuickBooks has now: a payment or a sent e-mail makes a new one
// without changing the document. Whether the document itself is the one that was found
// is seen in its content.
func (q *Online) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	defer q.books.writes()()
	answer := q.update(ctx, p, found)
	if r, is := answer.(connector.Rejected); is {
		for i, f := range r.Faults {
			if f.GetCode() == "document.date_closed" {
				r.Faults[i] = q.inClosedBooks(ctx, p.Document, found, f)
			}
		}
	}
	return answer
}

// inClosedBooks is the fault of a document that counts on a day whose books are closed:
// another date does not get it out of them. f stays where only the new day is closed.
func (q *Online) inClosedBooks(ctx context.Context, d *tradepostv1.Document, found connector.Found, f *tradepostv1.Fault) *tradepostv1.Fault {
	through, told := q.closedDay(ctx)
	if told && found.IssueDate > through {
		return f
	}
	return fault.New("document.in_closed_books", fault.Args{Thing: thing(d), Params: map[string]string{
		"date": found.IssueDate, "closed_through": through, "books_total": found.Total, "invoice_total": fixed(total(d)),
	}})
}

func (q *Online) update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	w, answer := q.ready(ctx, p)
	if answer != nil {
		return answer
	}
	at := place{entityOf(p.Document.GetKind()), found.ID}
	var stale error
	for range 2 {
		now, err := q.readPaper(ctx, at)
		if err != nil {
			return unmade(err)
		}
		if answer := q.changedMeanwhile(w, p, found, at, now); answer != nil {
			return answer
		}
		answer, err := q.rewrite(ctx, w, p, at, now)
		if err == nil {
			return answer
		}
		if stale = err; !isStale(err) {
			return q.notUpdated(w, err)
		}
	}
	return waitChanged(stale)
}

// rewrite makes the document as it is now equal to the draft.
func (q *Online) rewrite(ctx context.Context, w *draft, p connector.Posting, at place, now *paper) (connector.Answer, error) {
	body := w.paper
	body.ID, body.SyncToken, body.Sparse = now.ID, now.SyncToken, true
	if p.Document.GetNumber() == "" {
		body.DocNumber = now.DocNumber // It was assigned, and stays.
	}
	var a paperAnswer
	reply, err := q.write(ctx, at.entity.path, keyOf(p.Key, "update", now.ID, now.SyncToken), nil, &body, &a)
	if err != nil {
		return nil, err
	}
	one := a.of(at.entity)
	if one == nil || one.ID != now.ID {
		return nil, unreadable(at.entity.path, reply, "is not the document that was changed")
	}
	q.books.markers.note(at.entity, one)
	return q.posted(w, one, false), nil
}

// changedMeanwhile answers where the document is not the one that was found any more.
func (q *Online) changedMeanwhile(w *draft, p connector.Posting, found connector.Found, at place, now *paper) connector.Answer {
	if now == nil {
		return waitChanged(fmt.Errorf("%s %s was removed in between", at.entity.name, found.ID))
	}
	there := q.found(at.entity, now)
	if there.Version == found.Version {
		return nil
	}
	if there.DocumentHash != "" && there.DocumentHash == p.DocumentHash {
		return q.posted(w, now, true) // By an attempt whose answer was lost.
	}
	return connector.Rejected{Document: &there, Faults: []*tradepostv1.Fault{changedFault(thing(p.Document), there)}}
}

func changedFault(what string, there connector.Found) *tradepostv1.Fault {
	return fault.New("document.changed_in_books", fault.Args{
		Thing: what, Params: map[string]string{"number": orUnknown(there.Number)},
		VendorText: "it was changed in QuickBooks after Tradepost read it",
	})
}

func waitChanged(err error) connector.Answer {
	return connector.Wait{Scope: thisInvoice, Reason: connector.ReasonChanged, Message: err.Error()}
}

// notUpdated answers an update that failed.
func (q *Online) notUpdated(w *draft, err error) connector.Answer {
	if a, is := waitOf(err); is {
		return a
	}
	t, is := errors.AsType[*trouble](err)
	if !is || t.class == classNoAnswer || t.class == classRepeated {
		return doubt(err)
	}
	return rejected(q.refusal(t, w.d))
}
