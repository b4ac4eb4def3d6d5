package posting

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// outcomeOf is a connector's answer as the messages know it.
func outcomeOf(a connector.Answer) *tradepostv1.Outcome {
	switch a := a.(type) {
	case connector.Rejected:
		return rejected(a.Faults...)
	case connector.Wait:
		w := &tradepostv1.Wait{Scope: a.Scope, Reason: a.Reason, Message: a.Message}
		if a.For > 0 {
			w.Until = timestamppb.New(time.Now().Add(a.For))
		}
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Wait{Wait: w}}
	case connector.Handed:
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Handed{Handed: &tradepostv1.Handed{Token: a.Token, Message: a.Message}}}
	case connector.Uncertain:
		return uncertain(a.Reason, a.Message)
	default:
		// A connector that breaks the contract may have written something.
		return uncertain("unknown_answer", fmt.Sprintf("the connector answered with %T", a))
	}
}

func uncertain(reason, message string) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Uncertain{Uncertain: &tradepostv1.Uncertain{Reason: reason, Message: message}}}
}

func rejected(faults ...*tradepostv1.Fault) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Rejected{Rejected: &tradepostv1.Rejected{Faults: faults}}}
}

func (t *try) allPosted() *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
		Documents: t.posted, NumberAssigned: t.numbered, Remarks: t.remarks,
	}}}
}

// fromRecord is the outcome of a record, without what only its message had.
func fromRecord(r *tradepostv1.RecordedOutcome) *tradepostv1.Outcome {
	switch r.GetKind() {
	case tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED:
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
			Documents: r.GetDocuments(), NumberAssigned: r.GetNumberAssigned(), Remarks: fault.FromCodes(r.GetFaultCodes()),
		}}}
	case tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED:
		return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Superseded{Superseded: &tradepostv1.Superseded{}}}
	default:
		return withdrawn("")
	}
}

// faultOf is a fault of a document that stands in the accounting system, with
// what a bookkeeper needs to find it there.
func faultOf(code string, one paper, f connector.Found, more map[string]string) *tradepostv1.Fault {
	want, have := alike(signed(one.doc.GetKind(), one.doc.GetTotals().GetTotal()), signed(f.Kind, f.Total))
	params := map[string]string{
		"number": name(f), "books_number": f.Number, "books_total": have,
		"invoice_total": want, "difference": difference(have, want),
	}
	if code == numberDiffers {
		params["number"] = one.doc.GetNumber()
	}
	maps.Copy(params, more)
	return fault.New(code, fault.Args{Thing: kindName(one.doc.GetKind()) + " " + name(f), Params: params})
}

// signed is a total with the sign that it has in ServiceTrade: a credit memo's is
// written without one in the books.
func signed(k tradepostv1.DocumentKind, total string) string {
	d, err := decimal.NewFromString(total)
	if err != nil || k != tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return total
	}
	return d.Neg().StringFixed(max(-d.Exponent(), 0))
}

func difference(a, b string) string {
	x, err1 := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	if err1 != nil || err2 != nil {
		return "(not known)"
	}
	return x.Sub(y).Abs().StringFixed(places(x, y))
}

// alike writes two amounts of one currency with as many decimals each, for people: an
// accounting system may leave zeros at the end out.
func alike(a, b string) (first, second string) {
	x, err1 := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	if err1 != nil || err2 != nil {
		return a, b
	}
	n := places(x, y)
	return x.StringFixed(n), y.StringFixed(n)
}

// places is how many decimals the more exact of two amounts is written with.
func places(x, y decimal.Decimal) int32 { return max(-x.Exponent(), -y.Exponent(), 0) }

func kindName(k tradepostv1.DocumentKind) string {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return "Credit memo"
	}
	return "Invoice"
}

// name is what a person looks for: the number, or the id where there is none.
func name(f connector.Found) string {
	if f.Number != "" {
		return f.Number
	}
	return f.ID
}

func names(found []connector.Found) string {
	all := make([]string, len(found))
	for i, f := range found {
		all[i] = name(f)
	}
	return strings.Join(all, ", ")
}
