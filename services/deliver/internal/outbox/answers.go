package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Find looks for the documents of one invoice that are in the books, by everything that
// is known. One that was given away and is not known to be there is no document yet, and
// nobody may make it again: Find stops with Handed.
func (b *Box) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if err := b.present(ctx); err != nil {
		return nil, connector.Stop(b.waitFor(err))
	}
	markers := []string{q.Marker}
	if marker, _, ok := readID(q.ID); ok && marker != q.Marker {
		markers = append(markers, marker)
	}
	var found []connector.Found
	if err := b.knows(ctx, q.ID); err != nil {
		return nil, connector.Stop(b.waitFor(err))
	}
	for _, marker := range markers {
		s, _, err := b.liveOf(ctx, marker)
		switch {
		case err != nil:
			return nil, connector.Stop(b.waitFor(fmt.Errorf("look for %s: %w", marker, err)))
		case s.entry == nil:
		case !s.counts():
			return nil, connector.Stop(b.handed(ctx, s))
		default:
			found = append(found, foundOf(s))
		}
	}
	return found, nil
}

// knows makes sure that the ledger has the entry of an id that it gave once. A document
// that an older copy of the folder does not know is not absent: made again it would be
// imported twice.
func (b *Box) knows(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	return b.has(ctx, id)
}

// handed is the answer for a document that was given away, and sees to it that it is in
// a file, or will be.
func (b *Box) handed(ctx context.Context, s standing) connector.Handed {
	if s.file == nil {
		b.remind(ctx, s.entry)
	}
	return connector.Handed{Token: s.entry.id(), Message: "it is in " + s.where() + ", which nobody has confirmed yet"}
}

func foundOf(s standing) connector.Found {
	e := s.entry
	f := connector.Found{
		Kind: kindOf(e.Kind), ID: e.id(), Number: e.Number, Total: e.Total, DocumentHash: e.DocumentHash,
		Version: e.DocumentHash, IssueDate: e.IssueDate, CustomerName: e.CustomerName,
	}
	if !sameAmount(s.total(), e.Total) {
		// Somebody changed it in the books, or something else was imported.
		f.Total, f.DocumentHash, f.Version = s.total(), "", "changed-"+s.total()
	}
	return f
}

// Confirm tells what became of a document that was given away.
func (b *Box) Confirm(ctx context.Context, h connector.HandedOver) connector.Answer {
	if err := b.present(ctx); err != nil {
		return b.waitFor(err)
	}
	if err := b.Cut(ctx, false); err != nil {
		return b.waitFor(fmt.Errorf("make the import files: %w", err))
	}
	marker, n, ok := readID(h.Token)
	if !ok || marker != h.Query.Marker {
		return connector.Uncertain{Reason: connector.ReasonCannotFind, Message: fmt.Sprintf("%q is no document of this outbox", h.Token)}
	}
	e, err := b.ledger.entry(ctx, marker, n)
	if errors.Is(err, fs.ErrNotExist) {
		err = behind(marker, n)
	}
	if err != nil {
		return b.waitFor(fmt.Errorf("look for %s: %w", h.Token, err))
	}
	s, err := b.standingOf(ctx, e)
	if err != nil {
		return b.waitFor(fmt.Errorf("look for %s: %w", h.Token, err))
	}
	return b.became(ctx, s, h.DocumentHash)
}

// became turns what is known into the answer for a send whose content has that hash.
func (b *Box) became(ctx context.Context, s standing, hash string) connector.Answer {
	switch {
	case s.verdict != nil && s.verdict.Verdict == Rejected:
		return connector.Rejected{Faults: []*tradepostv1.Fault{b.rejectedFault(s)}}
	case s.removed:
		return connector.Rejected{Faults: []*tradepostv1.Fault{fault.New("document.gone", fault.Args{
			Thing: thing(s.entry), Params: map[string]string{"number": s.entry.Number},
		})}}
	case s.entry.DocumentHash != hash:
		return b.otherVersion(s)
	case s.verdict == nil:
		b.remindOf(ctx, s.file)
		return b.handed(ctx, s)
	}
	return connector.Posted{Document: foundOf(s), Customers: customersOf(s.entry)}
}

// otherVersion is the answer to content that is not what was given away.
func (b *Box) otherVersion(s standing) connector.Answer {
	if s.counts() {
		f := foundOf(s)
		return connector.Rejected{Document: &f, Faults: []*tradepostv1.Fault{fault.New("document.different_found", fault.Args{
			Thing: thing(s.entry), Params: map[string]string{
				"number": s.entry.Number, "books_total": f.Total, "invoice_total": "(of another version)",
				"differences": "it was imported in an earlier version",
			},
		})}}
	}
	return connector.Rejected{Faults: []*tradepostv1.Fault{fault.New("file.other_version", fault.Args{
		Thing: thing(s.entry), Params: map[string]string{"file": s.where(), "total": s.entry.Total, "connection": b.o.Connection},
	})}}
}

func (b *Box) rejectedFault(s standing) *tradepostv1.Fault {
	reason := s.verdict.Reason
	if reason == "" {
		reason = "no reason was given"
	}
	return fault.New("file.rejected", fault.Args{Thing: thing(s.entry), Params: map[string]string{"file": s.where(), "reason": reason}})
}

// customersOf tells the customer under the id that the accounting system knows it by.
func customersOf(e *Entry) []connector.Customer {
	if e.CompanyID == 0 || e.Customer == "" {
		return nil
	}
	return []connector.Customer{{Record: connector.RecordCompany, RecordID: e.CompanyID, ID: e.Customer}}
}

func thing(e *Entry) string {
	word := "Invoice"
	if e.Kind == creditMemo {
		word = "Credit memo"
	}
	return word + " " + e.Number
}

// The kinds of documents, as the ledger writes them.
const (
	invoiceWord = "invoice"
	creditMemo  = "credit_memo"
)

func kindOf(word string) tradepostv1.DocumentKind {
	if word == creditMemo {
		return tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	}
	return tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
}

func wordOf(k tradepostv1.DocumentKind) string {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return creditMemo
	}
	return invoiceWord
}

func sameAmount(a, b string) bool {
	x, err1 := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	return err1 == nil && err2 == nil && x.Equal(y)
}

// waitFor is the answer to trouble before anything was made: with the folder the whole
// connection waits, with the call only this invoice.
func (b *Box) waitFor(err error) connector.Wait {
	scope, reason := tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonDiskError
	switch {
	case errors.Is(err, connector.ErrFenced):
		scope, reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonFenced
	case errors.Is(err, context.Canceled):
		scope, reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		scope, reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonTimeout
	case errors.Is(err, errBroken):
		reason = connector.ReasonBooksBroken
	case errors.Is(err, ErrSignIn):
		reason = connector.ReasonSignedOut
	case errors.Is(err, ErrUnreachable):
		reason = connector.ReasonUnreachable
	case errors.Is(err, errNoBooks), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		reason = connector.ReasonBooksMissing
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		reason = connector.ReasonDiskFull
	case errors.Is(err, syscall.EROFS):
		reason = connector.ReasonReadOnly
	case errors.Is(err, fs.ErrPermission):
		reason = connector.ReasonNoPermission
	}
	return connector.Wait{Scope: scope, Reason: reason, Message: err.Error()}
}

// Trouble with a folder on another machine.
var (
	// ErrUnreachable means that the machine does not answer.
	ErrUnreachable = errors.New("the server of the folder does not answer")
	// ErrSignIn means that it does not let Tradepost in, or is not the one it should be.
	ErrSignIn = errors.New("the server of the folder refuses the sign-in")
)

// Folders that cannot be used.
var (
	// ErrUnfit means that a folder lacks a step which the outbox rests on.
	ErrUnfit = errors.New("the folder lacks what the outbox needs")
	// errReplaces is a folder on which two workers would overwrite each other's files.
	errReplaces = fmt.Errorf("%w: a rename replaces a file that is there already", ErrUnfit)
	// errNoExclusive is a folder whose files cannot be given a name that is free for certain.
	errNoExclusive = fmt.Errorf("%w: it has neither hard links nor a rename that replaces nothing", ErrUnfit)
)
