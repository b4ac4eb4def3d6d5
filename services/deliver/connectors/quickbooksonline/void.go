package quickbooksonline

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Void implements connector.Voider.
func (q *Online) Void(ctx context.Context, found connector.Found) connector.Answer {
	at := place{entityOf(found.Kind), found.ID}
	var last error
	for range 2 {
		now, err := q.readPaper(ctx, at)
		if err != nil {
			return unmade(err)
		}
		if now == nil {
			return waitChanged(fmt.Errorf("%s %s was removed in between", at.entity.name, found.ID))
		}
		there := q.found(at.entity, now)
		if there.Void {
			return connector.Posted{Document: there, Adopted: true}
		}
		if there.Version != found.Version {
			return connector.Rejected{Document: &there, Faults: []*tradepostv1.Fault{changedFault(at.entity.name, there)}}
		}
		answer, err := q.void(ctx, at, now)
		if err == nil {
			return answer
		}
		if last = err; !isStale(err) && !q.reopened(ctx, err, now.TxnDate) {
			return q.notVoided(ctx, there, err)
		}
	}
	if isStale(last) {
		return waitChanged(last)
	}
	return q.notVoided(ctx, found, last)
}

func isStale(err error) bool {
	t, is := errors.AsType[*trouble](err)
	return is && t.class == classStale
}

func (q *Online) void(ctx context.Context, at place, now *paper) (connector.Answer, error) {
	var a paperAnswer
	body := map[string]any{"Id": now.ID, "SyncToken": now.SyncToken, "sparse": true}
	reply, err := q.write(ctx, at.entity.path, keyOf("void", now.ID, now.SyncToken), url.Values{"operation": {"void"}}, body, &a)
	if err != nil {
		return nil, err
	}
	one := a.of(at.entity)
	if one == nil || one.ID != now.ID {
		return nil, unreadable(at.entity.path, reply, "is not the document that was voided")
	}
	q.books.markers.note(at.entity, one)
	f := q.found(at.entity, one)
	if !f.Void {
		return nil, unreadable(at.entity.path, reply, "shows a document that is not void")
	}
	return connector.Posted{Document: f, Remarks: wasPaid(at.entity, now)}, nil
}

// wasPaid is what the bookkeeper has to hear of an invoice that was paid, in part or
// whole, before it was made void: QuickBooks takes it off its payments, and tells nobody.
func wasPaid(e entity, p *paper) []*tradepostv1.Fault {
	total, err := money.Parse(p.TotalAmt.String())
	if err != nil || p.Balance == "" {
		return nil
	}
	open, err := money.Parse(p.Balance.String())
	if err != nil || total.Sub(open).Sign() <= 0 {
		return nil
	}
	return []*tradepostv1.Fault{fault.New("document.void_was_paid", fault.Args{
		Thing: e.name + " " + p.DocNumber, Params: map[string]string{"paid": total.Sub(open).Fixed(2)},
	})}
}

// notVoided answers a void that failed. QuickBooks voids invoices, but no credit memos.
func (q *Online) notVoided(ctx context.Context, f connector.Found, err error) connector.Answer {
	if a, is := waitOf(err); is {
		return a
	}
	t, is := errors.AsType[*trouble](err)
	if !is || t.class == classNoAnswer || t.class == classRepeated {
		return doubt(err)
	}
	args := fault.Args{VendorText: t.vendorText(), VendorTraceID: t.tid, Params: map[string]string{"number": orUnknown(f.Number)}}
	if t.class == classClosed {
		args.Params["date"] = f.IssueDate
		args.Params["closed_through"], _ = q.closedDay(ctx)
		return connector.Rejected{Document: &f, Faults: []*tradepostv1.Fault{fault.New("document.void_in_closed_books", args)}}
	}
	return connector.Rejected{Document: &f, Faults: []*tradepostv1.Fault{fault.New("document.cannot_be_voided", args)}}
}
