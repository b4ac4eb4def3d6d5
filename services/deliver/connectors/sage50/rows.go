package sage50

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
)

// distribution is one row of a document: a line, a discount, or a tax of one agency.
type distribution struct {
	// number is 0 for taxes, and counts the others from 1.
	number                  int
	quantity, price, amount decimal.Decimal // amount with the sign of the file: revenue below zero
	item, description       string
	account, job, agency    string
	taxType                 int
}

// sheet collects the rows of one document, and what would stop its import.
type sheet struct {
	c          *Config
	connection string
	d          *tradepostv1.Document
	header     map[string]string
	rows       []distribution
	faults     []*tradepostv1.Fault
}

// newSheet reads all of a document. The rows are right only where faults is empty.
func newSheet(c *Config, connection string, d *tradepostv1.Document) *sheet {
	s := &sheet{c: c, connection: connection, d: d}
	s.head()
	for i, ln := range d.GetLines() {
		s.line(i, ln)
	}
	s.discount()
	s.taxes()
	s.balance()
	return s
}

func (s *sheet) memo() bool {
	return s.d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
}

// signed gives an amount of the document the sign of the file: what an invoice charges is
// a credit, below zero; a credit memo is the other way round.
func (s *sheet) signed(a decimal.Decimal) decimal.Decimal {
	if s.memo() {
		return a
	}
	return a.Neg()
}

// amount reads a decimal string of the document; what cannot be read, or has parts of a
// cent, is a fault.
func (s *sheet) amount(path, text string) decimal.Decimal {
	if text == "" {
		return decimal.Zero
	}
	a, err := decimal.NewFromString(text)
	if err != nil || !a.Equal(a.Truncate(2)) {
		s.fault("line.amount_invalid", path, s.thing(), map[string]string{"field": path, "value": text})
		return decimal.Zero
	}
	return a
}

func (s *sheet) line(i int, ln *tradepostv1.Line) {
	at := fmt.Sprintf("lines[%d]", i)
	amount := s.amount(at+".amount", ln.GetAmount())
	r := distribution{number: len(s.rows) + 1, amount: s.signed(amount), taxType: s.c.TaxTypes.Exempt}
	if ln.GetTaxable() {
		r.taxType = s.c.TaxTypes.Taxable
	}
	r.description = s.description(at, ln)
	s.quantity(&r, ln, amount)
	if ref := ln.GetItem().GetReference().GetValue(); ref != "" {
		r.item = s.id(at+".item", "item id", ref, maxID)
	}
	account := ln.GetRevenueAccount().GetValue()
	setting := "revenue"
	if account == "" && ln.GetKind() == tradepostv1.LineKind_LINE_KIND_DISCOUNT {
		account, setting = s.c.Accounts.Discount, "discount"
	}
	if account == "" {
		account = s.c.Accounts.Revenue
	}
	r.account = s.account(at+".revenue_account", account, setting)
	if job := s.jobOf(ln); job != "" {
		r.job = s.id(at+".job", "job id", job, maxID)
	}
	s.rows = append(s.rows, r)
}

// jobOf is the job of Sage 50 that a line is booked to.
func (s *sheet) jobOf(ln *tradepostv1.Line) string {
	if ref := ln.GetJob().GetValue(); ref != "" {
		return ref
	}
	return s.d.GetJob().GetReference().GetValue()
}

// quantity is given only where quantity times price is the amount of the row, to the cent,
// and all are above zero. Else the amount stands alone, so that nobody computes another.
func (s *sheet) quantity(r *distribution, ln *tradepostv1.Line, amount decimal.Decimal) {
	quantity, err1 := decimal.NewFromString(ln.GetQuantity())
	price, err2 := decimal.NewFromString(ln.GetUnitPrice())
	if err1 != nil || err2 != nil {
		return
	}
	if !s.memo() && quantity.Sign() > 0 && price.Sign() >= 0 && quantity.Mul(price).Round(2).Equal(amount) {
		r.quantity, r.price = quantity, price
		return
	}
	if one := decimal.NewFromInt(1); quantity.Sign() != 0 && !quantity.Equal(one) {
		told := ansi.Text(fmt.Sprintf("%s (%s x %s)", r.description, quantity, price))
		if len([]rune(told)) <= maxDescription {
			r.description = told
		}
	}
}

func (s *sheet) description(at string, ln *tradepostv1.Line) string {
	text := ansi.Text(ln.GetDescription())
	if text == "" {
		text = ansi.Text(ln.GetItem().GetName())
	}
	if n := len([]rune(text)); n > maxDescription {
		s.tooLong(at+".description", "description of a line", n, maxDescription)
	}
	return text
}

func (s *sheet) discount() {
	amount := s.amount("totals.discount", s.d.GetTotals().GetDiscount())
	if amount.IsZero() {
		return
	}
	account := s.d.GetDiscount().GetAccount().GetValue()
	if account == "" {
		account = s.c.Accounts.Discount
	}
	s.rows = append(s.rows, distribution{
		number: len(s.rows) + 1, amount: s.signed(amount).Neg(), description: "Discount", taxType: s.c.TaxTypes.Exempt,
		account: s.account("discount.account", account, "discount"),
	})
}

// balance makes sure that the file says what the document does.
func (s *sheet) balance() {
	sum := decimal.Zero
	for _, r := range s.rows {
		sum = sum.Add(r.amount)
	}
	sum = s.signed(sum)
	total := s.amount("totals.total", s.d.GetTotals().GetTotal())
	if len(s.faults) == 0 && !sum.Equal(total) {
		s.fault("total.mismatch", "totals.total", s.thing(), map[string]string{
			"invoice_total": total.StringFixed(2), "lines_total": sum.StringFixed(2), "difference": total.Sub(sum).StringFixed(2),
		})
	}
	if kept := s.amount("retainage.amount", s.d.GetRetainage().GetAmount()); !kept.IsZero() {
		s.fault("retainage.refused", "retainage", s.thing(), map[string]string{"amount": kept.StringFixed(2), "system": title})
	}
}

// cells are the values of one row, by Sage 50's name of the column.
func (s *sheet) cells(r distribution) map[string]string {
	return map[string]string{
		"Invoice/CM Distribution": strconv.Itoa(r.number), "Quantity": r.quantity.String(), "Item ID": r.item,
		colDescription: r.description, colAccount: r.account, "Unit Price": r.price.String(),
		colTaxType: strconv.Itoa(r.taxType), colAmount: r.amount.StringFixed(2), "Job ID": r.job, colAgency: r.agency,
	}
}

// text is the document's rows as bytes of the file.
func (s *sheet) text() []byte {
	s.header[colDistributions] = strconv.Itoa(len(s.rows))
	records := make([][]string, 0, len(s.rows))
	for _, r := range s.rows {
		cells := s.cells(r)
		record := make([]string, len(s.c.Columns))
		for i, column := range s.c.Columns {
			name := modern(column)
			value, ok := cells[name]
			if !ok {
				value = s.header[name]
			}
			record[i] = value
		}
		records = append(records, record)
	}
	return lines(records)
}

// lines writes records as CSV with CRLF, in Windows-1252.
func lines(records [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.WriteAll(records) // A buffer takes everything.
	return ansi.Encode(b.String())
}

// heading is what a file begins with.
func (c *Config) heading() []byte {
	if !c.Header {
		return nil
	}
	return lines([][]string{c.Columns})
}

func (s *sheet) fault(code, path, thing string, params map[string]string) {
	s.faults = append(s.faults, fault.New(code, fault.Args{Path: path, Thing: thing, Params: params}))
}

func (s *sheet) tooLong(path, field string, n, limit int) {
	s.fault("text.too_long", path, "Text", map[string]string{
		"field": field, "length": strconv.Itoa(n), "limit": strconv.Itoa(limit),
	})
}

func (s *sheet) thing() string {
	word := "Invoice"
	if s.memo() {
		word = "Credit memo"
	}
	return word + " " + s.d.GetNumber()
}

// date is a calendar date as the PC that imports writes it.
func (c *Config) date(d caldate.Date) string {
	return dateText(d, dateFormats[c.DateFormat])
}
