package quickbooksonline

import (
	"context"
	"errors"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	wholeConnection = tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION
	thisInvoice     = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE
)

// awayFor is how long a company that is under maintenance is left alone.
const awayFor = time.Minute

// reasonNoAnswer is of Uncertain: the answer to a write was lost, or was an error that
// says nothing of what was done.
const reasonNoAnswer = "no_answer"

// waits are the reasons and the words of trouble for which a whole connection waits.
var waits = map[class]struct {
	reason, words string
}{
	classSignedOut: {connector.ReasonSignedOut, "QuickBooks does not accept the sign-in any more; connect it again"},
	classThrottled: {connector.ReasonThrottled, "QuickBooks wants fewer calls"},
	classForbidden: {connector.ReasonForbidden, "whoever connected QuickBooks is not allowed to do this any more"},
	classUnpaid:    {connector.ReasonSubscriptionEnded, "the company's QuickBooks subscription has ended, or the company is locked"},
	classFeature:   {connector.ReasonFeatureOff, "the company's QuickBooks has not the feature that is needed"},
	classAway:      {connector.ReasonUnreachable, "QuickBooks cannot serve the company just now"},
}

// waitOf is the answer to trouble in which nothing was made; false where that is not
// known, or it is the document's own.
func waitOf(err error) (connector.Answer, bool) {
	if a, holds := connector.AnswerOf(err); holds {
		return a, true
	}
	t, is := errors.AsType[*trouble](err)
	if !is {
		return nil, false
	}
	if w, known := waits[t.class]; known {
		answer := connector.Wait{Scope: wholeConnection, Reason: w.reason, Message: w.words + ": " + err.Error(), For: t.after}
		if t.class == classAway {
			answer.For = awayFor
		}
		return answer, true
	}
	if t.class != classNotSent {
		return nil, false
	}
	scope, reason := wholeConnection, connector.ReasonUnreachable
	switch {
	case errors.Is(err, connector.ErrFenced):
		scope, reason = thisInvoice, connector.ReasonFenced
	case errors.Is(err, context.Canceled):
		scope, reason = thisInvoice, connector.ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		scope, reason = thisInvoice, connector.ReasonTimeout
	}
	return connector.Wait{Scope: scope, Reason: reason, Message: err.Error()}, true
}

// unmade answers trouble that came before anything of the document was written:
// whatever it is, nothing was made.
func unmade(err error) connector.Answer {
	if a, is := waitOf(err); is {
		return a
	}
	return connector.Wait{Scope: thisInvoice, Reason: readReason(err), Message: err.Error()}
}

// readReason tells why a read gave nothing.
func readReason(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return connector.ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return connector.ReasonTimeout
	default:
		return connector.ReasonUnreachable
	}
}

// stopped makes of trouble the error that Find and the previews return.
func stopped(err error) error {
	if a, is := waitOf(err); is {
		return connector.Stop(a)
	}
	return err
}

// doubt answers a write of which nobody knows whether it was made.
func doubt(err error) connector.Answer {
	return connector.Uncertain{Reason: reasonNoAnswer, Message: err.Error()}
}

func rejected(faults ...*tradepostv1.Fault) connector.Rejected {
	return connector.Rejected{Faults: faults}
}

// refusal is the fault of a write that QuickBooks refused for what is in it.
func (q *Online) refusal(t *trouble, d *tradepostv1.Document) *tradepostv1.Fault {
	args := fault.Args{Thing: thing(d), VendorText: t.vendorText(), VendorTraceID: t.tid, Params: map[string]string{}}
	switch t.class {
	case classClosed:
		args.Thing, args.Params["date"] = "", bookDate(d)
		return fault.New(dateClosed, args)
	case classMissing:
		args.Params["system"] = title
		return fault.New("accounting.reference_gone", args)
	case classNumber:
		args.Thing = "Number " + d.GetNumber()
		args.Params["number"], args.Params["other"] = d.GetNumber(), "QuickBooks does not tell which"
		return fault.New("document.number_taken", args)
	default:
		args.Params["system"] = title
		return fault.New("accounting.refused", args)
	}
}

// thing is the document as people call it.
func thing(d *tradepostv1.Document) string {
	words := "Invoice"
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		words = "Credit memo"
	}
	if d.GetNumber() == "" {
		return words
	}
	return words + " " + d.GetNumber()
}

// bookDate is the day on which a document counts in the books: QuickBooks has one date.
func bookDate(d *tradepostv1.Document) string {
	if d.GetPostingDate() != "" {
		return d.GetPostingDate()
	}
	return d.GetIssueDate()
}
