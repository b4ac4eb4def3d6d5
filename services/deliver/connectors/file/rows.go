package file

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
)

// sheet makes the rows of one document.
type sheet struct {
	c          *Config
	connection string
	d          *tradepostv1.Document
	faults     []*tradepostv1.Fault
}

func (s *sheet) fault(code, path string, params map[string]string) {
	s.faults = append(s.faults, fault.New(code, fault.Args{Path: path, Params: params}))
}

// signed gives an amount of the document the sign that it has in the file.
func (s *sheet) signed(path, text string) string {
	if text == "" {
		text = "0"
	}
	a, err := decimal.NewFromString(text)
	if err != nil || !a.Equal(a.Truncate(2)) {
		s.fault("line.amount_invalid", path, map[string]string{"field": path, "value": text})
		return "0.00"
	}
	if s.d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO && s.c.CreditMemos == "negative" {
		a = a.Neg()
	}
	return a.StringFixed(2)
}

// rows are those of the document, as the templates see them.
func (s *sheet) rows() []Row {
	shared := s.shared()
	if s.c.Rows == RowDocument {
		shared.Row, shared.Index, shared.Count, shared.Amount = RowDocument, 1, 1, shared.Total
		return []Row{shared}
	}
	var all []Row
	for i, ln := range s.d.GetLines() {
		all = append(all, s.line(shared, i, ln))
	}
	if off := s.d.GetTotals().GetDiscount(); off != "" && !decimal.RequireFromString(shared.DiscountTotal).IsZero() {
		r := shared
		r.Row, r.Description, r.Account = "discount", "Discount", s.d.GetDiscount().GetAccount().GetValue()
		r.Amount = decimal.RequireFromString(shared.DiscountTotal).Neg().StringFixed(2)
		all = append(all, r)
	}
	for i, t := range s.d.GetTaxes() {
		r := shared
		r.Row, r.Item, r.ItemName, r.Description, r.Account = "tax", t.GetCode().GetValue(), t.GetName(), t.GetName(), t.GetAccount().GetValue()
		r.TaxCode, r.Amount = t.GetCode().GetValue(), s.signed(fmt.Sprintf("taxes[%d].amount", i), t.GetAmount())
		all = append(all, r)
	}
	for i := range all {
		all[i].Index, all[i].Count = i+1, len(all)
	}
	return all
}

func (s *sheet) line(shared Row, i int, ln *tradepostv1.Line) Row {
	r := shared
	r.Row, r.Description, r.Quantity, r.Unit, r.UnitPrice = RowLine, ln.GetDescription(), ln.GetQuantity(), ln.GetUnitOfMeasure(), ln.GetUnitPrice()
	r.Item, r.ItemName, r.Account = ln.GetItem().GetReference().GetValue(), ln.GetItem().GetName(), ln.GetRevenueAccount().GetValue()
	r.TaxCode, r.CostCode, r.Phase, r.CostType, r.Taxable = ln.GetTaxCode().GetValue(), ln.GetCostCode(), ln.GetPhase(), ln.GetCostType(), ln.GetTaxable()
	r.Amount = s.signed(fmt.Sprintf("lines[%d].amount", i), ln.GetAmount())
	if c := ln.GetClass().GetValue(); c != "" {
		r.Class = c
	}
	if d := ln.GetDepartment().GetValue(); d != "" {
		r.Department = d
	}
	if j := ln.GetJob().GetValue(); j != "" {
		r.Job = j
	}
	return r
}

func (s *sheet) shared() Row {
	d := s.d
	kind := "invoice"
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		kind = "credit_memo"
	}
	l, a, t := d.GetLocation(), d.GetLocation().GetAddress(), d.GetTotals()
	posting := d.GetPostingDate()
	if posting == "" {
		posting = d.GetIssueDate()
	}
	return Row{
		Kind: kind, Marker: d.GetMarker(), Number: d.GetNumber(), Date: d.GetIssueDate(), PostingDate: posting, DueDate: d.GetDueDate(),
		ServiceFrom: d.GetServiceFrom(), ServiceTo: d.GetServiceTo(), Currency: d.GetCurrency(),
		Customer: d.GetCustomer().GetReference().GetValue(), CustomerName: d.GetCustomer().GetName(),
		Location: l.GetReference().GetValue(), LocationName: l.GetName(), Street: a.GetStreet(), City: a.GetCity(), State: a.GetState(),
		PostalCode: a.GetPostalCode(), Country: a.GetCountry(), StoreNumber: l.GetStoreNumber(),
		Job: d.GetJob().GetReference().GetValue(), JobNumber: d.GetJob().GetNumber(), JobName: d.GetJob().GetName(), JobType: d.GetJob().GetType(),
		PO: d.GetPoNumber(), Terms: d.GetTerms().GetName(), Office: d.GetOffice(), Class: d.GetClass().GetValue(), Department: d.GetDepartment().GetValue(),
		SalesRep: d.GetSalesRep().GetValue(), Receivable: d.GetReceivableAccount().GetValue(), Message: d.GetCustomerMessage(), Note: d.GetPrivateNote(),
		AppliesTo: d.GetAppliesTo().GetNumber(), InvoiceID: d.GetSource().GetInvoiceId(), URL: d.GetSource().GetUrl(),
		Subtotal: s.signed("totals.subtotal", t.GetSubtotal()), DiscountTotal: s.signed("totals.discount", t.GetDiscount()),
		TaxTotal: s.signed("totals.tax", t.GetTax()), Total: s.signed("totals.total", t.GetTotal()), Custom: d.GetCustomFields(),
	}
}

// text is the document as bytes of the file; nothing where faults are found.
func (s *sheet) text() []byte {
	sum := decimal.Zero
	var out []byte
	for i, row := range s.rows() {
		cells := make([]string, len(s.c.Columns))
		for j := range s.c.Columns {
			cells[j] = s.cell(&s.c.Columns[j], i, row)
			if s.c.Columns[j].Name == s.c.Amount {
				sum = sum.Add(s.amount(cells[j]))
			}
		}
		line, err := s.c.line(cells)
		if err != nil {
			s.fault("line.amount_invalid", fmt.Sprintf("rows[%d]", i), map[string]string{"field": "row", "value": err.Error()})
		}
		out = append(out, line...)
	}
	total := s.amount(s.signed("totals.total", s.d.GetTotals().GetTotal()))
	if len(s.faults) == 0 && !sum.Equal(total) {
		s.fault("total.mismatch", "totals.total", map[string]string{
			"invoice_total": total.StringFixed(2), "lines_total": sum.StringFixed(2), "difference": total.Sub(sum).StringFixed(2),
		})
	}
	return out
}

// amount reads a cell of the column whose values add up to the total.
func (s *sheet) amount(text string) decimal.Decimal {
	a, err := decimal.NewFromString(strings.ReplaceAll(strings.TrimSpace(text), ",", ""))
	if err != nil {
		s.fault("line.amount_invalid", s.c.Amount, map[string]string{"field": s.c.Amount, "value": text})
	}
	return a
}

func (s *sheet) cell(col *Column, row int, r Row) string {
	at := fmt.Sprintf("rows[%d].%s", row, col.Name)
	var b strings.Builder
	if err := col.tmpl.Execute(&b, r); err != nil {
		s.fault("text.refused", at, map[string]string{"field": col.Name + " (" + err.Error() + ")"})
		return ""
	}
	text := fault.OneLine(b.String())
	if s.c.Encoding != "utf-8" {
		text = ansi.Text(text)
	}
	if n := utf8.RuneCountInString(text); col.Max > 0 && n > col.Max {
		if !col.Cut {
			s.fault("text.too_long", at, map[string]string{"field": col.Name, "length": strconv.Itoa(n), "limit": strconv.Itoa(col.Max)})
		}
		text = strings.TrimRight(string([]rune(text)[:col.Max]), " ")
	}
	if text == "" && col.Required {
		s.fault("document.incomplete", at, map[string]string{"field": col.Name, "connection": s.connection})
	}
	return text
}
