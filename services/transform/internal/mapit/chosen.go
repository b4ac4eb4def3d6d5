package mapit

import (
	"maps"
	"slices"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// CreditSuffix tells the credit memo of a split from its invoice.
const CreditSuffix = "C"

// documentNumber is ServiceTrade's, the job's or none, as the mapping says.
func (w *Writer) documentNumber(inv *normalise.Invoice) {
	job := normalise.OneLine(inv.Job.GetNumber())
	s := explain.Copied("invoiceNumber", inv.Number)
	if w.Mapping.Numbers.Source == mapping.NumberFromJob {
		s = explain.Source{Field: "job.number", Value: job, Rule: "numbers.source"}
	}
	if w.Mapping.Numbers.Prefix != "" {
		s.Rule = "numbers.prefix"
	}
	number := w.Mapping.Number(inv.Number, job)
	if w.Split && w.turned() && number != "" {
		number += CreditSuffix
		s.Rule += ", the credit memo of a split"
	}
	w.doc.Number = w.set("number", number, s)
}

// seconds is what ServiceTrade wrote where the document's own day came from.
func (d Days) seconds(inv *normalise.Invoice) int64 {
	switch d.issued.Field {
	case "created":
		return inv.Source.GetCreated()
	case "job.completedOn":
		return inv.Job.GetCompletedOn()
	default:
		return inv.Source.GetTransactionDate()
	}
}

// chosen writes what the mapping chooses for the whole document.
func (w *Writer) chosen(res Resolved) {
	w.doc.Class = w.answer("class", res.Class)
	w.doc.Department = w.answer("department", res.Department)
	w.doc.SalesRep = w.answer("sales_rep", res.SalesRep)
	w.doc.Template = w.answer("template", res.Template)
}

// texts replaces the texts for which the mapping has a template. The memo names the
// invoice's own day where the document counts on another one.
func (w *Writer) texts(f mapping.Facts) {
	t, d := w.Mapping.Texts, w.doc
	d.Memo = w.rendered("memo", d.Memo, t.Memo, f)
	d.CustomerMessage = w.rendered("customer_message", d.CustomerMessage, t.CustomerMessage, f)
	d.PrivateNote = w.rendered("private_note", d.PrivateNote, t.PrivateNote, f)
	if !t.PONumber.IsEmpty() {
		d.PoNumber = w.replaced("po_number", fault.Clip(normalise.OneLine(t.PONumber.Render(&f)), maxShortText), explain.Source{Rule: "texts.po_number"})
	}
	if !w.Days.Posting.IsZero() {
		s := w.Days.posted
		s.Rule = "dates.closed_period: the invoice's own day"
		note := "Invoice date " + w.Days.Issue.String()
		if d.Memo != "" {
			note = d.Memo + "\n" + note
		}
		d.Memo = w.replaced("memo", note, s)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Custom)) {
		if value := w.rendered("custom_fields."+name, "", t.Custom[name], f); value != "" {
			if d.CustomFields == nil {
				d.CustomFields = map[string]string{}
			}
			d.CustomFields[name] = value
		}
	}
}

func (w *Writer) replaced(field, value string, s explain.Source) string {
	w.log.Replace(field, value, s)
	return value
}

func (w *Writer) rendered(field, own string, t mapping.Template, f mapping.Facts) string {
	if t.IsEmpty() {
		return own
	}
	return w.replaced(field, t.Render(&f), explain.Source{Rule: "texts." + field})
}
