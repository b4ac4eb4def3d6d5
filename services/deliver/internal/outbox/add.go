package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Item is a document as a connector wants it written.
type Item struct {
	// Customer is the customer's id in the accounting system.
	Customer string
	// Layout identifies the shape of the file: documents of two layouts never share one.
	Layout string
	// Head is what a file begins with; Rows are the document's own lines, and Undo those
	// that take it back. All end with a line break.
	Head, Rows, Undo []byte
	// NewCustomer is set where the file may bring the customer's record along.
	NewCustomer *Rows
}

// Add gives a document away: from the moment that its entry is in the ledger it will be in
// one file, and in no other. render is asked only for a document that is new.
func (b *Box) Add(ctx context.Context, p connector.Posting, render func() (Item, []*tradepostv1.Fault)) connector.Answer {
	a, _ := b.add(ctx, p, render)
	return a
}

// add tells besides whether this call gave it away.
func (b *Box) add(ctx context.Context, p connector.Posting, render func() (Item, []*tradepostv1.Fault)) (_ connector.Answer, made bool) {
	if err := b.present(ctx); err != nil {
		return b.waitFor(err), false
	}
	marker := p.Document.GetMarker()
	s, last, err := b.liveOf(ctx, marker)
	if err != nil {
		return b.waitFor(fmt.Errorf("look for %s: %w", marker, err)), false
	}
	if s.entry != nil {
		return b.adopt(ctx, s, p), false
	}
	item, faults := render()
	if len(faults) > 0 {
		return connector.Rejected{Faults: faults}, false
	}
	taken, err := b.numberTaken(ctx, p.Document, item.Customer)
	if err != nil {
		return b.waitFor(fmt.Errorf("look for number %s: %w", p.Document.GetNumber(), err)), false
	}
	if taken != nil {
		return connector.Rejected{Faults: []*tradepostv1.Fault{taken}}, false
	}
	return b.publish(ctx, b.entryFor(p, item, last+1), p)
}

func (b *Box) entryFor(p connector.Posting, item Item, n int) *Entry {
	d := p.Document
	return &Entry{
		Marker: d.GetMarker(), N: n, Generation: p.Generation, DocumentHash: p.DocumentHash, Kind: wordOf(d.GetKind()),
		Number: d.GetNumber(), Total: d.GetTotals().GetTotal(), IssueDate: d.GetIssueDate(),
		Customer: item.Customer, CustomerName: d.GetCustomer().GetName(), CompanyID: d.GetCustomer().GetCompanyId(),
		At: b.o.Now().UTC(), Layout: item.Layout, Head: item.Head, Rows: item.Rows, Undo: item.Undo, NewCustomer: item.NewCustomer,
	}
}

// publish is the one step that gives the document away.
func (b *Box) publish(ctx context.Context, e *Entry, p connector.Posting) (_ connector.Answer, made bool) {
	if err := b.folder.Make(ctx, entryDir(e.Marker)); err != nil {
		return b.waitFor(fmt.Errorf("give %s away: %w", e.id(), err)), false
	}
	if err := errors.Join(connector.CheckFence(ctx), stopped(ctx)); err != nil {
		return b.waitFor(fmt.Errorf("give %s away: %w", e.id(), err)), false
	}
	err := b.ledger.write(ctx, entryFile(e.Marker, e.N), e)
	if errors.Is(err, fs.ErrExist) {
		s, _, err := b.liveOf(ctx, e.Marker)
		switch {
		case err != nil:
			return b.waitFor(fmt.Errorf("look for %s: %w", e.Marker, err)), false
		case s.entry == nil:
			return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonChanged, Message: e.id() + " came to its end meanwhile"}, false
		}
		return b.adopt(ctx, s, p), false
	}
	if err != nil && !notMade(err) {
		return connector.Uncertain{Reason: connector.ReasonDiskError, Message: fmt.Sprintf("give %s away: %v", e.id(), err)}, false
	}
	if err != nil {
		return b.waitFor(fmt.Errorf("give %s away: %w", e.id(), err)), false
	}
	b.remind(ctx, e)
	if err := b.Cut(ctx, false); err != nil {
		// It is given away all the same: the next look makes the file.
		b.log.WarnContext(ctx, "an import file could not be made yet", "connection", b.o.Connection, "document", e.id(), "err", err)
	}
	s, err := b.standingOf(ctx, e)
	if err != nil {
		s = standing{entry: e}
	}
	return connector.Handed{Token: e.id(), Message: "written to " + s.where()}, true
}

// stopped tells that a call is over. A context hears of its parent's end a moment later.
func stopped(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// notMade tells whether a file that could not be published is certainly not there. The end
// of a call is among these errors since a folder tells it only before its first step.
func notMade(err error) bool {
	for _, e := range []error{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, fs.ErrPermission, fs.ErrNotExist,
		syscall.EXDEV, syscall.ENAMETOOLONG, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// adopt answers for a document whose marker was given away before.
func (b *Box) adopt(ctx context.Context, s standing, p connector.Posting) connector.Answer {
	if s.counts() {
		f := foundOf(s)
		if equal, differences := connector.Equal(f, p.Document, p.DocumentHash); !equal {
			return connector.Rejected{Document: &f, Faults: []*tradepostv1.Fault{differentFound(s.entry, f, p.Document, differences)}}
		}
		return connector.Posted{Document: f, Adopted: true, Customers: customersOf(s.entry)}
	}
	if s.entry.DocumentHash != p.DocumentHash {
		return b.otherVersion(s)
	}
	return b.handed(ctx, s)
}

func differentFound(e *Entry, f connector.Found, d *tradepostv1.Document, differences []string) *tradepostv1.Fault {
	return fault.New("document.different_found", fault.Args{Thing: thing(e), Params: map[string]string{
		"number": f.Number, "books_total": f.Total, "invoice_total": d.GetTotals().GetTotal(), "differences": joined(differences),
	}})
}

// numberTaken refuses a number that another document of the customer has: the accounting
// system asks the person who imports it what to do, in the middle of the file.
func (b *Box) numberTaken(ctx context.Context, d *tradepostv1.Document, customer string) (*tradepostv1.Fault, error) {
	others, err := b.numbered(ctx, customer, d.GetNumber())
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if other.Marker == d.GetMarker() {
			continue
		}
		e, err := b.ledger.entry(ctx, other.Marker, other.N)
		if err != nil {
			return nil, err
		}
		s, err := b.standingOf(ctx, e)
		if err != nil {
			return nil, err
		}
		if s.live() {
			return fault.New("document.number_taken", fault.Args{Params: map[string]string{
				"number": d.GetNumber(), "other": e.id() + " in " + s.where(),
			}}), nil
		}
	}
	return nil, nil
}

// numbered lists the documents that were given away with a number of a customer, if the
// ledger is whole.
func (b *Box) numbered(ctx context.Context, customer, number string) ([]Listed, error) {
	files, err := b.complete(ctx)
	if err != nil {
		return nil, err
	}
	var all []Listed
	for _, m := range files {
		for _, d := range m.Documents {
			if d.Number == number && d.Customer == customer {
				all = append(all, d)
			}
		}
	}
	waiting, err := b.waiting(ctx)
	for _, e := range waiting {
		if e.Number == number && e.Customer == customer {
			all = append(all, listed(e))
		}
	}
	return all, err
}
