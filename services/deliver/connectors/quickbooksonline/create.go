package quickbooksonline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// replaySlack is by how much the times of an answer and of what it tells may differ
// when it is no replay.
const replaySlack = 5 * time.Second

// Create implements connector.Connector.
func (q *Online) Create(ctx context.Context, p connector.Posting) connector.Answer {
	defer q.books.writes()()
	answer, again := q.create(ctx, p)
	if again {
		answer, _ = q.create(ctx, p)
	}
	return answer
}

// create makes the document; again says that what QuickBooks refused it for is mended by
// now, and that it is worth trying once more.
func (q *Online) create(ctx context.Context, p connector.Posting) (answer connector.Answer, again bool) {
	w, answer := q.ready(ctx, p, q.prepareNew)
	if answer != nil {
		return answer, false
	}
	for range 2 {
		made, err := q.post(ctx, w, p)
		if err != nil {
			again = q.mended(ctx, w, err)
			return q.notCreated(ctx, w, p, err), again
		}
		there, err := q.stillThere(ctx, w, made)
		if err != nil {
			return doubt(err), false
		}
		if there != nil {
			q.attempts.done(p.Key)
			return q.posted(w, there, made.replay), false
		}
		// The answer told of a document that was removed since.
		q.attempts.anew(p.Key)
	}
	return doubt(fmt.Errorf("QuickBooks answers for %s with a document that is not there", p.Document.GetMarker())), false
}

// mended tells whether a document that was refused would be taken now. An id that is kept
// here and not good any more is not: everything is read anew.
func (q *Online) mended(ctx context.Context, w *draft, err error) bool {
	if isMissing(err) {
		q.staleAll()
		return true
	}
	return q.reopened(ctx, err, bookDate(w.d))
}

// ready prepares a document; the answer is set where it cannot be written, with all faults
// that prepare found.
func (q *Online) ready(
	ctx context.Context, p connector.Posting, prepare func(context.Context, *tradepostv1.Document) (*draft, error),
) (*draft, connector.Answer) {
	ctx, cancel := context.WithTimeout(ctx, q.prepareTime())
	defer cancel()
	w, err := prepare(ctx, p.Document)
	if err != nil {
		return nil, unmade(fmt.Errorf("prepare %s: %w", p.Document.GetMarker(), err))
	}
	if len(w.faults) > 0 {
		return nil, rejected(w.faults...)
	}
	if err := w.complete(ctx, p); err != nil {
		if f, is := asRefused(err); is {
			return nil, rejected(f)
		}
		return nil, unmade(fmt.Errorf("prepare %s: %w", p.Document.GetMarker(), err))
	}
	return w, nil
}

// made is a document as the answer to its creation tells it.
type made struct {
	*paper
	// replay says that it was made before this call.
	replay bool
}

func (q *Online) post(ctx context.Context, w *draft, p connector.Posting) (made, error) {
	e := entityOf(w.d.GetKind())
	var a paperAnswer
	answer, err := q.write(ctx, e.path, p.Key, nil, &w.paper, &a)
	if err != nil {
		return made{}, err
	}
	one := a.of(e)
	if one == nil || one.ID == "" {
		return made{}, unreadable(e.path, answer, "has no "+e.name)
	}
	born := time.Time{}
	if one.MetaData != nil {
		born = timeOf(one.MetaData.CreateTime)
	}
	return made{one, born.IsZero() || born.Before(answer.sent.Add(-replaySlack))}, nil
}

// stillThere reads a document whose creation was answered from memory: it may have been
// changed or removed since. nil says that it is gone.
func (q *Online) stillThere(ctx context.Context, w *draft, m made) (*paper, error) {
	e := entityOf(w.d.GetKind())
	if !m.replay {
		q.books.markers.note(e, m.paper)
		return m.paper, nil
	}
	return q.readPaper(ctx, place{e, m.ID})
}

// firstVersion is the SyncToken of a document that nobody changed since it was made.
const firstVersion = "0"

// posted verifies what was made. A document with another total, or that is not ours, is
// there all the same: it is told with the fault. One that was made before this call may
// have been changed since, unless it still has its first version.
func (q *Online) posted(w *draft, there *paper, adopted bool) connector.Answer {
	f := q.found(entityOf(w.d.GetKind()), there)
	s, _ := stampOf(there.PrivateNote)
	switch {
	case f.Void:
		// It counts nothing, so that nobody is told that it is there.
		return rejected(fault.New("document.void", fault.Args{
			Thing: thing(w.d), Params: map[string]string{"number": orUnknown(f.Number)},
		}))
	case s.marker != w.d.GetMarker():
		return connector.Rejected{Document: &f, Faults: []*tradepostv1.Fault{fault.New("accounting.answer_unreadable", fault.Args{
			Thing: thing(w.d), Params: map[string]string{"system": title}, VendorText: "the private note of " + f.ID + " is not the one that was sent",
		})}}
	case !sameAmount(f.Total, total(w.d)):
		return connector.Rejected{Document: &f, Written: !adopted || there.SyncToken == firstVersion, Faults: []*tradepostv1.Fault{totalDiffers(w.d, f)}}
	}
	return connector.Posted{
		Document: f, NumberAssigned: w.d.GetNumber() == "", Adopted: adopted, Remarks: append(w.remarks, toApply(w.d)...), Customers: w.customers,
	}
}

// toApply tells the bookkeeper of a credit memo that takes an invoice back: the API makes
// no link between the two. Other credit memos are entered like those made by hand.
func toApply(d *tradepostv1.Document) []*tradepostv1.Fault {
	of := d.GetAppliesTo()
	if d.GetKind() != memoEntity.kind || !invoice.IsReversal(d.GetMarker()) || of == nil {
		return nil
	}
	return []*tradepostv1.Fault{fault.New("document.credit_not_applied", fault.Args{
		Thing: thing(d), Params: map[string]string{"number": cmp.Or(of.GetNumber(), of.GetId())},
	})}
}

// totalDiffers is the fault of a document that QuickBooks made with another total: sales
// tax that it computed itself, most often.
func totalDiffers(d *tradepostv1.Document, f connector.Found) *tradepostv1.Fault {
	return fault.New("document.total_differs", fault.Args{Thing: thing(d), Params: map[string]string{
		"number": orUnknown(f.Number), "books_total": fixed(f.Total), "invoice_total": fixed(total(d)),
		"difference": difference(f.Total, total(d)),
	}})
}

// notCreated answers a create that failed.
func (q *Online) notCreated(ctx context.Context, w *draft, p connector.Posting, err error) connector.Answer {
	if a, is := waitOf(err); is {
		return a
	}
	t, is := errors.AsType[*trouble](err)
	if !is {
		return doubt(err)
	}
	switch t.class {
	case classNumber:
		return q.numberTaken(ctx, w, p, t)
	case classNoAnswer, classRepeated, classStale:
		return doubt(err)
	default:
		return rejected(q.refusedFor(ctx, t, w.d))
	}
}

// numberTaken looks who has the number: the document may be our own, made by an attempt
// whose answer was lost.
func (q *Online) numberTaken(ctx context.Context, w *draft, p connector.Posting, t *trouble) connector.Answer {
	f := q.refusal(t, w.d)
	for _, e := range documents {
		var page []paper
		if _, err := q.client.query(ctx, e.name, "select * from "+e.name+" where DocNumber = "+quote(w.d.GetNumber()), &page); err != nil {
			return rejected(f) // The number is taken, whoever has it.
		}
		for i := range page {
			s, _ := stampOf(page[i].PrivateNote)
			if s.marker == w.d.GetMarker() && e.kind == w.d.GetKind() {
				q.books.markers.note(e, &page[i])
				there := q.found(e, &page[i])
				// A void one keeps its number, and no find tells of it.
				if equal, _ := connector.Equal(there, w.d, p.DocumentHash); equal || there.Void {
					return q.posted(w, &page[i], true)
				}
				return doubt(t) // Find shows it, and what is different.
			}
			f = w.taken(t, e, &page[i])
		}
	}
	return rejected(f)
}

// taken names the document that has the number.
func (w *draft) taken(t *trouble, e entity, p *paper) *tradepostv1.Fault {
	other := e.name + " of " + p.TxnDate + " over " + fixed(amountOf(p.TotalAmt))
	if p.CustomerRef != nil && p.CustomerRef.Name != "" {
		other += " for " + p.CustomerRef.Name
	}
	return fault.New("document.number_taken", fault.Args{
		Thing: "Number " + w.d.GetNumber(), VendorText: t.vendorText(), VendorTraceID: t.tid,
		Params: map[string]string{"number": w.d.GetNumber(), "other": other},
	})
}

func orUnknown(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
