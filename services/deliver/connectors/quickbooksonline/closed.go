package quickbooksonline

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// dateClosed is the code of the fault that a document's day is in the closed books.
const dateClosed = "document.date_closed"

// datesClosed tells whether the draft is refused for the closing date that is kept here.
func (w *draft) datesClosed() bool {
	return slices.ContainsFunc(w.faults, func(f *tradepostv1.Fault) bool { return f.GetCode() == dateClosed })
}

// closedBy is the fault of a document whose day is not after the closing date of the
// company, in the words of that setting.
func closedBy(d *tradepostv1.Document, closingDate string) *tradepostv1.Fault {
	return fault.New(dateClosed, fault.Args{
		Params: map[string]string{"date": bookDate(d)}, VendorText: "Closing date: " + closingDate,
	})
}

// refusedFor is the fault of a write that QuickBooks refused. One for a closing date is
// the same whoever met it first, so that a retry tells nothing new.
func (q *Online) refusedFor(ctx context.Context, t *trouble, d *tradepostv1.Document) *tradepostv1.Fault {
	if t.class == classClosed {
		if p, err := q.preferences(ctx); err == nil && bookDate(d) <= p.closedThrough {
			return closedBy(d, p.closedThrough)
		}
	}
	return q.refusal(t, d)
}

// reopened tells, of a write that QuickBooks refused since its books are closed, that by
// now they are closed for none of the days that it is about: somebody opened them in
// between, and the write has to be made again. Where QuickBooks cannot tell, what it
// said of the write counts.
func (q *Online) reopened(ctx context.Context, err error, days ...string) bool {
	t, is := errors.AsType[*trouble](err)
	if !is || t.class != classClosed {
		return false
	}
	p, err := q.preferencesSince(ctx, time.Now())
	return err == nil && !slices.ContainsFunc(days, func(day string) bool { return day <= p.closedThrough })
}

// closedDay is the last day of the closed books, in words where QuickBooks does not tell
// it. It is read again: the books were closed since the preferences were read, where a
// change of an older document is refused.
func (q *Online) closedDay(ctx context.Context) (day string, told bool) {
	p, err := q.preferencesSince(ctx, time.Now())
	if err != nil || p.closedThrough == "" {
		return "(a day that QuickBooks does not tell)", false
	}
	return p.closedThrough, true
}

// inClosedBooks is the fault of a document that counts on a day whose books are closed:
// another date does not get it out of them. f stays where only the new day is closed.
func (q *Online) inClosedBooks(ctx context.Context, d *tradepostv1.Document, found connector.Found, f *tradepostv1.Fault) *tradepostv1.Fault {
	through, told := q.closedDay(ctx)
	if told && found.IssueDate > through {
		return f
	}
	args := fault.Args{Thing: thing(d), Params: map[string]string{
		"date": found.IssueDate, "closed_through": through, "books_total": fixed(found.Total), "invoice_total": fixed(total(d)),
	}}
	if f.GetVendorTraceId() != "" { // QuickBooks' own words, about this very write.
		args.VendorText, args.VendorTraceID = f.GetVendorText(), f.GetVendorTraceId()
	}
	return fault.New("document.in_closed_books", args)
}
