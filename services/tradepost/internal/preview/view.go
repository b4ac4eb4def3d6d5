package preview

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
)

// Verdict is what would become of an invoice.
type Verdict string

// The verdicts.
const (
	// Postable: the stages would post it, or have it posted already.
	Postable Verdict = "postable"
	// Faulty: the stages would refuse it, and say so in a comment.
	Faulty Verdict = "faults"
	// Void: ServiceTrade shows the invoice as void, so that it is not posted; notes and
	// documents say what becomes of what was posted before.
	Void Verdict = "void"
	// CannotLook: nobody can tell now.
	CannotLook Verdict = "cannot_look"
)

// View is what would become of one invoice. As JSON it is what scripts read.
type View struct {
	InvoiceID     int64  `json:"invoice_id"`
	InvoiceNumber string `json:"invoice_number,omitempty"`
	// Status is what ServiceTrade shows; "" where it came from a file without one.
	Status     string  `json:"status,omitempty"`
	Connection string  `json:"connection"`
	System     string  `json:"system"`
	Verdict    Verdict `json:"verdict"`
	// Why says what kept preview from looking.
	Why string `json:"why,omitempty"`
	// Documents are what the accounting system would be given.
	Documents []Paper `json:"documents,omitempty"`
	// Faults are all for which it would be refused.
	Faults []Fault `json:"faults,omitempty"`
	// Remarks are what the private comment would say of an invoice that is posted.
	Remarks []Fault `json:"remarks,omitempty"`
	// InBooks is how what the books hold for this invoice differs from the document.
	InBooks []string `json:"in_books,omitempty"`
	// Notes are what a person should know besides, and reasons why it may still end
	// in another way.
	Notes []string `json:"notes,omitempty"`

	faults []*tradepostv1.Fault
}

// Paper is one document with the reason for each of its fields.
type Paper struct {
	// Document is protobuf JSON, as in an invoice.ready message.
	Document json.RawMessage `json:"document"`
	// Hash is the document hash of canonical.HashVersion.
	Hash        string `json:"hash"`
	HashVersion int32  `json:"hash_version"`
	// Step is what deliver would do with it: create, adopt (it is there already),
	// update or none.
	Step deliver.Step `json:"step,omitempty"`
	// Explanation says why each field has its value, in the order of the fields.
	Explanation []Reason `json:"explanation,omitempty"`
	// Diff compares with what was posted before, where that was asked for.
	Diff *Diff `json:"diff,omitempty"`

	message *tradepostv1.Document
}

// Reason is why a field of the document has its value.
type Reason struct {
	Field       string `json:"field"`
	Value       string `json:"value"`
	SourceField string `json:"source_field,omitempty"`
	SourceValue string `json:"source_value,omitempty"`
	Rule        string `json:"rule"`
	TableRow    string `json:"table_row,omitempty"`
}

// Fault is one fault as scripts read it.
type Fault struct {
	Code       string            `json:"code"`
	Path       string            `json:"path,omitempty"`
	Thing      string            `json:"thing"`
	Message    string            `json:"message"`
	Owner      string            `json:"owner"`
	Fix        string            `json:"fix"`
	VendorText string            `json:"vendor_text,omitempty"`
	Params     map[string]string `json:"params,omitempty"`
	// Text is the fault as the private comment says it.
	Text string `json:"text"`
}

func faultsOf(faults []*tradepostv1.Fault) []Fault {
	list := make([]Fault, len(faults))
	for i, f := range faults {
		list[i] = Fault{
			Code: f.GetCode(), Path: f.GetPath(), Thing: f.GetThing(), Message: f.GetMessage(), Owner: fault.OwnerWord(f.GetOwner()),
			Fix: f.GetFix(), VendorText: f.GetVendorText(), Params: f.GetParams(), Text: fault.Text(f),
		}
	}
	return list
}

func paperOf(d *tradepostv1.Document, hash string, why *tradepostv1.DocumentExplanation) (Paper, error) {
	raw, err := protojson.Marshal(d)
	if err != nil {
		return Paper{}, fmt.Errorf("encode document %s: %w", d.GetMarker(), err)
	}
	p := Paper{Document: raw, Hash: hash, HashVersion: canonical.HashVersion, message: d}
	for _, e := range why.GetFields() {
		p.Explanation = append(p.Explanation, Reason{
			Field: e.GetField(), Value: e.GetValue(), SourceField: e.GetSourceField(), SourceValue: e.GetSourceValue(),
			Rule: e.GetRule(), TableRow: e.GetTableRow(),
		})
	}
	return p, nil
}

// refuse ends a view with faults.
func (v *View) refuse(faults []*tradepostv1.Fault) {
	v.Verdict, v.faults, v.Faults = Faulty, faults, faultsOf(faults)
}

// cannot ends a view that could not be finished.
func (v *View) cannot(err error) {
	v.Verdict, v.Why = CannotLook, err.Error()
}

// Report is several views as JSON.
type Report struct {
	Invoices   []*View `json:"invoices"`
	Postable   int     `json:"postable"`
	Faulty     int     `json:"faults"`
	Void       int     `json:"void"`
	CannotLook int     `json:"cannot_look"`
	// MeteredReads says how many reads were made that the accounting system meters, and
	// whether they are in the count of the month; "" where none were.
	MeteredReads string `json:"metered_reads,omitempty"`
}

// Add counts one more view.
func (r *Report) Add(v *View) {
	r.Invoices = append(r.Invoices, v)
	switch v.Verdict {
	case Postable:
		r.Postable++
	case Faulty:
		r.Faulty++
	case Void:
		r.Void++
	default:
		r.CannotLook++
	}
}

// ExitCode is 0 when all can be posted, 1 when some have faults, and 2 when some
// could not be looked at.
func (r *Report) ExitCode() int {
	switch {
	case r.CannotLook > 0:
		return 2
	case r.Faulty > 0:
		return 1
	default:
		return 0
	}
}
