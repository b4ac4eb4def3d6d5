package tryton

import (
	"context"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// draft is a document as Tryton takes it.
type draft struct {
	values object
	// total has the sign that it has in Tryton: a credit memo's is negative.
	total, tax decimal.Decimal
	// computed says that Tryton computes taxes, so that they have to be compared.
	computed bool
	// party is the customer, and partyMade says that it was made for this document.
	party     int64
	partyMade bool
}

// builder makes the draft of one document, and collects all that is wrong with it.
type builder struct {
	b   *Books
	ctx context.Context //nolint:containedctx // lives as long as the call that it builds for
	s   *session
	p   connector.Posting
	d   *tradepostv1.Document
	// sign is 1, or -1 for a credit memo.
	sign decimal.Decimal

	lines, taxes list
	sum, tax     decimal.Decimal // with the sign of the document
	computed     bool
	made         bool // the customer
	faults       []*tradepostv1.Fault
	// err is trouble with Tryton: what was found until then says nothing.
	err error
}

// build resolves everything that the document names, and tells every fault at once.
// An error is trouble with Tryton. It changes nothing, but for a customer or product
// that the mapping lets be created, where create says so.
func (b *Books) build(ctx context.Context, p connector.Posting, create bool) (draft, []*tradepostv1.Fault, error) {
	s, err := b.client.sign(ctx)
	if err != nil {
		return draft{}, nil, err
	}
	w := &builder{b: b, ctx: ctx, s: s, p: p, d: p.Document, sign: decimal.NewFromInt(1)}
	if p.Document.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		w.sign = decimal.NewFromInt(-1)
	}
	values := w.header()
	w.days(values)
	for i, ln := range w.d.GetLines() {
		w.line(i, ln)
	}
	w.discount()
	w.rounding()
	w.documentTaxes()
	w.addsUp()
	w.number()
	w.customer(values, create && len(w.faults) == 0)
	if w.err != nil || len(w.faults) > 0 {
		return draft{}, w.faults, w.err
	}
	d := draft{values: values, total: w.sum.Add(w.tax).Mul(w.sign), tax: w.tax.Mul(w.sign), computed: w.computed, partyMade: w.made}
	d.party, _ = values["party"].(int64)
	w.note(stampOf(p, d.total))
	values["lines"] = list{list{"create", w.lines}}
	if len(w.taxes) > 0 {
		values["taxes"] = list{list{"create", w.taxes}}
	}
	return d, nil, nil
}

// header is what stands above the lines.
func (w *builder) header() object {
	d := w.d
	if d.GetCurrency() != w.s.company.Currency.Code {
		w.fault("currency.not_in_books", "currency", "Currency "+d.GetCurrency(), map[string]string{"currency": d.GetCurrency()},
			"the company keeps its books in "+w.s.company.Currency.Code)
	}
	job := labelled("Job", joined(" ", d.GetJob().GetNumber(), d.GetJob().GetName()))
	values := object{
		"company": w.s.company.ID, "type": "out", "currency": w.s.company.CurrencyID, "journal": w.journal(),
		"reference": d.GetMarker(), "comment": paragraph(d.GetCustomerMessage()),
		"description": joined(" - ", labelled("ServiceTrade", d.GetSource().GetInvoiceNumber()), job, labelled("PO", d.GetPoNumber())),
	}
	if d.GetNumber() != "" {
		values["number"] = d.GetNumber()
	}
	return values
}

// note puts the stamp and what bookkeepers are to read into the note of the first line.
func (w *builder) note(stamp string) {
	d := w.d
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(d.GetCustomFields())) {
		fields = append(fields, labelled(name, d.GetCustomFields()[name]))
	}
	first := w.lines[0].(object)
	first["note"] = joined("\n", paragraph(d.GetPrivateNote()), paragraph(d.GetMemo()), joined("\n", fields...),
		labelled("Location", d.GetLocation().GetName()), labelled("Class", d.GetClass().GetValue()),
		labelled("Department", d.GetDepartment().GetValue()), labelled("Sales representative", d.GetSalesRep().GetValue()),
		textOf(first["note"]), labelled("Page", d.GetSource().GetUrl()), stamp)
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// addsUp refuses a document whose total is not that of its lines: Tryton adds up itself.
func (w *builder) addsUp() {
	total := w.amount("totals.total", w.d.GetTotals().GetTotal())
	if len(w.faults) > 0 || total.Equal(w.sum.Add(w.tax)) {
		return
	}
	w.fault("total.mismatch", "totals.total", "", map[string]string{
		"difference":    total.Sub(w.sum).Sub(w.tax).String(),
		"invoice_total": w.d.GetTotals().GetTotal(), "lines_total": w.sum.Add(w.tax).String(),
	}, "")
}

// number refuses a number that another invoice has. Tryton itself would take it twice.
func (w *builder) number() {
	if w.d.GetNumber() == "" || w.err != nil {
		return
	}
	var others []invoice
	others, w.err = w.b.read(w.ctx, list{
		list{"number", "=", w.d.GetNumber()}, list{"OR", list{"reference", "!=", w.d.GetMarker()}, list{"reference", "=", nil}},
	}, 1)
	if len(others) > 0 {
		w.fault("document.number_taken", "number", "Invoice number "+w.d.GetNumber(), map[string]string{
			"number": w.d.GetNumber(), "other": joined(", ", others[0].Party.Name, others[0].Reference),
		}, "")
	}
}

// amount reads a decimal of the document; what cannot be read is a fault.
func (w *builder) amount(path, s string) decimal.Decimal {
	if s == "" {
		return decimal.Zero
	}
	v, err := decimal.NewFromString(s)
	if err != nil || len(s) > maxDigits {
		w.fault("line.amount_invalid", path, "", map[string]string{"field": path, "value": s}, "")
		return decimal.Zero
	}
	return v
}

// maxDigits is the longest number that is read: Tryton holds 16 digits.
const maxDigits = 40

func (w *builder) fault(code, path, of string, params map[string]string, vendor string) {
	if of == "" {
		of = thing(w.d)
	}
	w.faults = append(w.faults, fault.New(code, fault.Args{Path: path, Thing: of, Params: params, VendorText: vendor}))
}

// journal is the revenue journal of the settings, or the first one.
func (w *builder) journal() int64 {
	if w.err != nil {
		return 0
	}
	if name := w.b.cfg.Journal; name != "" {
		r, found, err := w.b.codeOrName(w.ctx, journals, name)
		if w.err = err; err == nil && !found {
			w.badSetting("journal", "Tryton has no journal \""+name+"\"")
		}
		return r.ID
	}
	var found []named
	if r, ok := w.b.names.get("journal"); ok {
		return r.ID
	}
	found, w.err = w.b.search(w.ctx, journals, list{"type", "=", "revenue"})
	if w.err == nil && len(found) == 0 {
		w.badSetting("journal", "Tryton has no journal of type revenue")
	}
	if len(found) == 0 {
		return 0
	}
	w.b.names.put("journal", found[0])
	return found[0].ID
}

func (w *builder) badSetting(setting, reason string) {
	w.fault("connection.setting_wrong", setting, "", map[string]string{"connection": w.b.connection, "setting": setting, "reason": reason}, "")
}
