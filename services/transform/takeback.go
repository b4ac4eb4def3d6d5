package transform

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
)

// Voided is what is known of an invoice that was voided after it was posted.
type Voided struct {
	// Standing are the documents that were posted and are not gone.
	Standing []*tradepostv1.DocumentRef
	// Posted are the documents as they were given to the accounting system, as far as
	// their messages still exist.
	Posted []*tradepostv1.Document
	// Begun says that a document was taken back before: it is made sure of, whatever
	// the mapping says by now.
	Begun bool
	// Opened is when the void's send was opened. It gives the reversals their day, so
	// that the same send makes the same documents.
	Opened time.Time
}

// TakeBack makes what the mapping says about an invoice that was voided after it was
// posted: the voiding of what was posted; documents that take it back, with the very
// lines and amounts that were given to the books; or the fault that tells the bookkeeper
// what to do. in brings
// the mapping, and the snapshot of the void invoice for what is not known in full any
// more: made anew it counts only if it is what was posted, to the letter. It is pure.
func TakeBack(in Input, v Voided) Result {
	in, _, faults := in.prepared()
	if len(faults) > 0 {
		return Result{Faults: faults}
	}
	if len(v.Standing) == 0 || in.Mapping.Policy.Voided == mapping.VoidedVoid && !v.Begun {
		return Result{Voiding: in.voiding(v.Standing)}
	}
	if in.Mapping.Policy.Voided != mapping.VoidedCreditMemo && !v.Begun {
		return Result{Faults: []*tradepostv1.Fault{fault.New("invoice.voided", fault.Args{
			Path: "status", Params: map[string]string{"documents": documentNames(v.Standing)},
		})}}
	}
	return in.turnedRound(v)
}

// voiding has the standing documents made void. It needs to know nothing else of them.
// Without any it makes nothing, and deliver says that nothing is left in the books.
func (in Input) voiding(standing []*tradepostv1.DocumentRef) *tradepostv1.Voiding {
	v := &tradepostv1.Voiding{}
	if through := in.Mapping.BooksClosedThrough; !through.IsZero() {
		v.BooksClosedThrough = through.String()
	}
	for _, ref := range standing {
		v.Documents = append(v.Documents, &tradepostv1.AppliesTo{Kind: ref.GetKind(), Id: ref.GetId(), Number: ref.GetNumber()})
	}
	return v
}

// turnedRound makes the documents that take the posted ones back.
func (in Input) turnedRound(v Voided) Result {
	day := in.reversalDay(v.Opened)
	var r Result
	known := v.Posted
	for _, ref := range v.Standing {
		posted := given(known, ref)
		if posted == nil {
			known = append(known, Make(in).Documents...)
			posted = given(known, ref)
		}
		if posted == nil {
			r.Faults = append(r.Faults, fault.New("document.reversal_unknown", fault.Args{Thing: documentName(ref), Params: map[string]string{"document": documentName(ref)}}))
			continue
		}
		r.Faults = append(r.Faults, in.reversalNumber(posted).Fits(in.Limits)...)
		d := invoice.Reverse(posted, &tradepostv1.AppliesTo{Kind: ref.GetKind(), Id: ref.GetId(), Number: ref.GetNumber()}, day.String())
		r.Documents, r.Explanations = append(r.Documents, d), append(r.Explanations, explainReversal(d))
	}
	if len(r.Faults) == 0 {
		r.Faults = check.Documents(r.Documents)
	}
	if len(r.Faults) > 0 {
		return Result{Faults: r.Faults}
	}
	return r
}

// reversalNumber is the number of what takes a posted document back. That one fitted.
func (in Input) reversalNumber(posted *tradepostv1.Document) check.Number {
	return check.Number{
		Text: posted.GetNumber(), Connection: in.Connection,
		Suffix: check.Suffix{Text: invoice.ReversalNumber, Setting: "policy.voided", Of: "what takes a void invoice back"},
	}
}

// reversalDay is the day of the void, or the first open day after it.
func (in Input) reversalDay(opened time.Time) caldate.Date {
	day, err := caldate.FromUnix(opened.Unix(), in.TimeZone)
	if err != nil {
		return caldate.Date{} // A clock beyond all calendars; the check of documents refuses it.
	}
	if through := in.Mapping.BooksClosedThrough; !through.IsZero() && !day.After(through) {
		day = through.AddDays(1)
	}
	return day
}

// given returns the document that ref's books were given; nil when it is not among docs.
func given(docs []*tradepostv1.Document, ref *tradepostv1.DocumentRef) *tradepostv1.Document {
	if ref.GetHash() == "" || ref.GetHashVersion() != canonical.HashVersion {
		return nil
	}
	for _, d := range docs {
		if hash, err := invoice.HashOf(d); err == nil && hash == ref.GetHash() && d.GetKind() == ref.GetKind() {
			return d
		}
	}
	return nil
}

// explainReversal tells what differs from the document that is taken back.
func explainReversal(d *tradepostv1.Document) *tradepostv1.DocumentExplanation {
	log := explain.Log{}
	of := explain.Source{Field: "status", Value: "void", Rule: explain.RuleMapping + " policy.voided"}
	log.Set("kind", d.GetKind().String(), of)
	log.Set("marker", d.GetMarker(), explain.Source{Field: "id", Rule: explain.RuleFixed})
	log.Set("number", d.GetNumber(), explain.Source{Field: "applies_to.number", Value: d.GetAppliesTo().GetNumber(), Rule: explain.RuleFixed})
	log.Set("issue_date", d.GetIssueDate(), explain.Source{Rule: "the day of the void, or the first open day after it"})
	log.Set("applies_to", documentName(&tradepostv1.DocumentRef{Kind: d.GetAppliesTo().GetKind(), Id: d.GetAppliesTo().GetId(), Number: d.GetAppliesTo().GetNumber()}), of)
	log.Set("totals.total", d.GetTotals().GetTotal(), explain.Source{Rule: "all else is as it was posted"})
	return log.Done()
}

func documentNames(refs []*tradepostv1.DocumentRef) string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = fmt.Sprintf("%s (total %s)", documentName(ref), ref.GetTotal())
	}
	return strings.Join(names, " and ")
}

func documentName(ref *tradepostv1.DocumentRef) string {
	kind, name := "invoice", ref.GetNumber()
	if ref.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		kind = "credit memo"
	}
	if name == "" {
		name = ref.GetId()
	}
	return kind + " " + name
}
