package tryton

import (
	"context"
	"errors"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The classes of Tryton's own errors.
const (
	classUser        = "UserError"
	classWarning     = "UserWarning"
	classConcurrency = "ConcurrencyException"
)

const (
	// reasonBusy: the database could not do it just now, and did nothing.
	reasonBusy = "busy"
	// reasonForbidden: the user lacks a right.
	reasonForbidden = "forbidden"
	// reasonNoAnswer: a write has no answer that tells what it did.
	reasonNoAnswer = "no_answer"
	// reasonError: Tryton has a mistake of its own, or is of a version that this
	// connector does not know.
	reasonError = "error_of_tryton"
)

// transient are texts of databases that could not do it just now, and undid what was
// done: PostgreSQL under concurrency, SQLite with another writer. Databases do not
// translate them with the user's language, unless somebody set lc_messages.
var transient = []string{
	"could not obtain lock", "could not serialize access", "deadlock detected", "canceling statement due to lock timeout",
	"database is locked", "database table is locked",
}

// busy tells whether the database undid the call since somebody else was in the way.
func busy(err error) bool {
	r, is := errors.AsType[*refusal](err)
	if !is {
		return false
	}
	if r.class == classConcurrency {
		return true
	}
	text := strings.ToLower(r.Error())
	for _, t := range transient {
		if strings.Contains(text, t) {
			return true
		}
	}
	return false
}

// taken tells whether a unique index of the database kept a record out. Uniqueness
// that Tryton itself looks after is a UserError.
func taken(err error) bool {
	r, is := errors.AsType[*refusal](err)
	if !is || r.class == classUser {
		return false
	}
	text := strings.ToLower(r.Error())
	return strings.Contains(text, "duplicate key value") || strings.Contains(text, "unique constraint failed")
}

// forAPerson tells whether Tryton refused in words that are meant for a user.
func forAPerson(err error) (*refusal, bool) {
	r, is := errors.AsType[*refusal](err)
	if !is || busy(err) || taken(err) {
		return nil, false
	}
	return r, r.class == classUser || r.class == classWarning
}

// waitFor is the answer to trouble that made nothing: with the sign-in, the server or
// its database the whole connection waits, with the call only this invoice.
func (b *Books) waitFor(err error) connector.Wait {
	w := connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Message: err.Error()}
	many, isMany := errors.AsType[*throttled](err)
	_, refused := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, connector.ErrFenced):
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonFenced
	case errors.Is(err, context.Canceled):
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonTimeout
	case isMany:
		w.Reason, w.For = connector.ReasonThrottled, many.wait
	case errors.Is(err, errWrongPassword), errors.Is(err, errSignedOut):
		w.Reason = connector.ReasonSignedOut
	case errors.Is(err, errForbidden):
		w.Reason = reasonForbidden
	case errors.Is(err, errNoDatabase), errors.Is(err, errNoCompany):
		w.Reason = connector.ReasonBooksMissing
	case busy(err):
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, reasonBusy
	case refused:
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, reasonError
	default:
		w.Reason = connector.ReasonUnreachable
	}
	return w
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

// refusedBy is the fault of words that Tryton has for a user.
func refusedBy(d *tradepostv1.Document, r *refusal) *tradepostv1.Fault {
	return fault.New("accounting.refused", fault.Args{
		Thing: thing(d), Params: map[string]string{"system": title}, VendorText: r.words,
	})
}

// differentFound says that the place of the document is taken by something else.
func differentFound(d *tradepostv1.Document, f connector.Found, differences []string) *tradepostv1.Fault {
	return fault.New("document.different_found", fault.Args{
		Thing: thing(d), VendorText: "invoice " + f.ID + " of Tryton",
		Params: map[string]string{
			"number": orUnknown(f.Number), "books_total": orUnknown(f.Total),
			"invoice_total": d.GetTotals().GetTotal(), "differences": strings.Join(differences, "; "),
		},
	})
}

func orUnknown(s string) string {
	if s == "" {
		return "(unknown)"
	}
	return s
}
