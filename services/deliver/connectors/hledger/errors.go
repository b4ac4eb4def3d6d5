package hledger

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// waitFor is the answer to trouble before anything was made: with the disk or
// the directory the whole connection waits, with the call only this invoice.
func (l *Ledger) waitFor(err error) connector.Wait {
	scope, reason := tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonDiskError
	switch {
	case errors.Is(err, connector.ErrFenced):
		scope, reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonFenced
	case errors.Is(err, context.Canceled):
		scope, reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		scope, reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonTimeout
	case errors.Is(err, errProgramMissing):
		reason = connector.ReasonProgramMissing
	case errors.Is(err, errBooksBroken):
		reason = connector.ReasonBooksBroken
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

// notMade tells whether a failed link or rename certainly had no effect. Over a
// network file system an I/O error may come after the effect.
func notMade(err error) bool {
	for _, e := range []error{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EACCES, syscall.EPERM,
		syscall.ENOENT, syscall.EXDEV, syscall.EMLINK, syscall.ENAMETOOLONG,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func rejected(faults ...*tradepostv1.Fault) connector.Rejected {
	return connector.Rejected{Faults: faults}
}

// thing is the document as people call it.
func thing(d *tradepostv1.Document) string {
	word := "Invoice"
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		word = "Credit memo"
	}
	if d.GetNumber() == "" {
		return word
	}
	return word + " " + d.GetNumber()
}

// differentFound says that the place of the document is taken by something else.
func differentFound(d *tradepostv1.Document, f connector.Found, diffs []string) *tradepostv1.Fault {
	code, params := "document.different_found", map[string]string{
		"number":        orUnknown(f.Number),
		"books_total":   orUnknown(f.Total),
		"invoice_total": d.GetTotals().GetTotal(),
		"differences":   sentence(diffs),
	}
	if f.Void {
		code, params = "document.void", map[string]string{"number": orUnknown(f.Number)}
	}
	return fault.New(code, fault.Args{Thing: thing(d), Params: params, VendorText: f.ID + ": " + sentence(diffs)})
}

func orUnknown(s string) string {
	if s == "" {
		return "(unknown)"
	}
	return s
}
