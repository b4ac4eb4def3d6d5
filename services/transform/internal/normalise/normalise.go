package normalise

import (
	"fmt"
	"strconv"
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Options are what reading a snapshot needs to know.
type Options struct {
	// TimeZone is the account's: ServiceTrade's seconds become dates in it.
	TimeZone *time.Location
	// Currency of the amounts, ISO 4217.
	Currency string
	// Unnumbered says that the document does not get the invoice's number.
	Unnumbered bool
	// Rounding is the mapping's.
	Rounding mapping.Rounding
	// Exponent is the number of digits behind the point of Currency.
	Exponent int32
}

// WrongType tells what the snapshot is when it is no invoice to a customer; ""
// when it is one. ServiceTrade may leave the type out, and the lists that
// Tradepost reads are of invoices only.
func WrongType(s *tradepostv1.Snapshot) string {
	switch t := OneLine(s.GetInvoice().GetType()); t {
	case "invoice", "":
		return ""
	case "vendorbill":
		return "a vendor bill"
	case "external":
		return "an external invoice"
	default:
		return "a document of type \"" + t + "\""
	}
}

// Read reads the snapshot. The invoice is always returned, as far as it can be
// read, so that the later steps can tell their faults as well.
func Read(s *tradepostv1.Snapshot, o Options) (*Invoice, []*tradepostv1.Fault) {
	r := &reader{o: o}
	src := s.GetInvoice()
	inv := &Invoice{
		Source:   src,
		ID:       src.GetId(),
		Number:   OneLine(src.GetInvoiceNumber()),
		Name:     OneLine(src.GetName()),
		Notes:    text(src.GetNotes()),
		Terms:    OneLine(src.GetPaymentTerms()),
		TaxGroup: OneLine(src.GetTaxGroup()),
		Partial:  src.GetPartial(),
		Oversize: s.GetOversize() != nil,
	}
	r.size(s)
	r.parties(s, inv)
	r.dates(s, inv)
	r.lines(src, inv)
	r.amounts(src, inv)
	if inv.Number == "" && !o.Unnumbered {
		r.add("invoice.number_missing", fault.Args{Path: "invoiceNumber"})
	}
	return inv, r.faults
}

type reader struct {
	o      Options
	faults []*tradepostv1.Fault
}

func (r *reader) add(code string, args fault.Args) {
	r.faults = append(r.faults, fault.New(code, args))
}

func (r *reader) size(s *tradepostv1.Snapshot) {
	o := s.GetOversize()
	if o == nil {
		return
	}
	r.add("invoice.too_large", fault.Args{Path: "items", Params: map[string]string{
		"size":  size(o.GetBytes()),
		"limit": size(o.GetLimitBytes()),
		"lines": strconv.Itoa(int(o.GetLines())),
	}})
}

func (r *reader) dates(s *tradepostv1.Snapshot, inv *Invoice) {
	src := s.GetInvoice()
	if src.GetTransactionDate() == 0 {
		r.add("date.missing", fault.Args{Path: "transactionDate"})
	}
	inv.IssueDate = r.date(src.GetTransactionDate(), "transactionDate", "Invoice date")
	inv.DueDate = r.date(src.GetDueDate(), "dueDate", "Due date")
	if made := src.GetCreated(); made != 0 {
		inv.Created, _ = caldate.FromUnix(made, r.o.TimeZone)
	}
	if done := inv.Job.GetCompletedOn(); done != 0 {
		// It only informs, so that a strange value is left out and stops nothing.
		inv.JobDone, _ = caldate.FromUnix(done, r.o.TimeZone)
	}
}

func (r *reader) date(seconds int64, path, thing string) caldate.Date {
	if seconds == 0 {
		return caldate.Date{}
	}
	d, err := caldate.FromUnix(seconds, r.o.TimeZone)
	if err != nil {
		r.add("date.invalid", fault.Args{Path: path, Thing: thing, Params: map[string]string{
			"value": dateText(seconds, r.o.TimeZone),
		}})
	}
	return d
}

// dateText shows a date that is outside the calendar.
func dateText(seconds int64, zone *time.Location) string {
	const aMillionYears = 31_556_952_000_000
	if seconds > aMillionYears || seconds < -aMillionYears {
		return "more than a million years away"
	}
	return time.Unix(seconds, 0).In(zone).Format(caldate.Layout)
}

func (r *reader) amounts(src *tradepostv1.ServiceTradeInvoice, inv *Invoice) {
	inv.Total = r.amount(src.GetTotalPrice(), "totalPrice", "total.invalid")
	if !inv.Total.Given() {
		r.add("total.missing", fault.Args{Path: "totalPrice"})
	}
	inv.Tax = r.amount(src.GetTax(), "tax", "tax.invalid")
	inv.TaxRate = number(src.GetTaxRate())
	if inv.TaxRate.Value.Sign() < 0 {
		inv.TaxRate.OK = false
	}
}

// amount reads an amount of money: a number that fits the currency.
func (r *reader) amount(written, path, code string) Number {
	n := number(written)
	if n.Given() && (!n.OK || !n.Value.Fits(r.o.Exponent)) {
		reason := "it is " + money.WhyNot(n.Text)
		if n.OK {
			reason = fmt.Sprintf("it has more than %d digits behind the point", r.o.Exponent)
		}
		n.OK = false
		r.add(code, fault.Args{Path: path, Params: map[string]string{"value": n.Text, "currency": r.o.Currency, "reason": reason}})
	}
	return n
}

func number(written string) Number {
	n := Number{Text: OneLine(written)}
	if n.Given() {
		var err error
		n.Value, err = money.Parse(n.Text)
		n.OK = err == nil
	}
	return n
}

func (r *reader) lines(src *tradepostv1.ServiceTradeInvoice, inv *Invoice) {
	inv.LinesReadable = !inv.Oversize
	if len(src.GetItems()) == 0 && !inv.Oversize {
		inv.LinesReadable = false
		r.add("invoice.no_lines", fault.Args{Path: "items"})
	}
	keys := make(map[string]bool, len(src.GetItems()))
	inv.Lines = make([]Line, 0, len(src.GetItems()))
	for i, item := range src.GetItems() {
		l := r.line(i, item)
		if l.Key = key(item.GetId(), i+1, keys); !l.Quantity.OK || !l.Price.OK {
			inv.LinesReadable = false
		}
		inv.Lines = append(inv.Lines, l)
	}
	if r.o.Rounding.Of == mapping.RoundDocument && inv.LinesReadable {
		r.spread(inv.Lines)
	}
}

// spread makes the lines add up to the rounded sum of their exact amounts.
func (r *reader) spread(lines []Line) {
	exact := make([]money.Amount, len(lines))
	for i, l := range lines {
		exact[i] = l.Exact
	}
	for i, a := range money.Spread(exact, r.o.Exponent, r.o.Rounding.Mode == mapping.RoundHalfEven) {
		lines[i].Amount = a
	}
}

// key makes a line's key; ServiceTrade may show no id, or the same one twice.
func key(id int64, position int, taken map[string]bool) string {
	k := strconv.FormatInt(id, 10)
	if id == 0 || taken[k] {
		k = fmt.Sprintf("line-%d", position)
	}
	taken[k] = true
	return k
}

func (r *reader) line(i int, item *tradepostv1.ServiceTradeItem) Line {
	l := Line{
		Position:    i + 1,
		Description: text(item.GetDescription()),
		Quantity:    number(item.GetQuantity()),
		Price:       number(item.GetPrice()),
		Taxable:     item.GetTaxable(),
		LibItem:     item.GetLibItem(),
		ServiceLine: OneLine(item.GetServiceLine().GetName()),
		Trade:       OneLine(item.GetServiceLine().GetTrade()),
	}
	thing := Thing(l)
	path := fmt.Sprintf("items[%d].", i)
	r.lineNumber(l.Quantity, path, thing, "quantity", "line.quantity_missing")
	r.lineNumber(l.Price, path, thing, "price", "line.price_missing")
	if l.Quantity.OK && l.Price.OK {
		l.Exact = l.Quantity.Value.Mul(l.Price.Value)
		l.Amount = l.Exact.Round(r.o.Exponent, r.o.Rounding.Mode == mapping.RoundHalfEven)
	}
	return l
}

func (r *reader) lineNumber(n Number, path, thing, field, missing string) {
	switch {
	case !n.Given():
		r.add(missing, fault.Args{Path: path + field, Thing: thing})
	case !n.OK:
		r.add("line.amount_invalid", fault.Args{Path: path + field, Thing: thing, Params: map[string]string{
			"field": field, "value": n.Text,
		}})
	}
}

// Thing names a line as a person would: Line 3 "Quarterly filter change".
func Thing(l Line) string {
	words := l.Description
	if words == "" {
		words = l.LibItem.GetName()
	}
	if words = fault.Clip(OneLine(words), 60); words == "" {
		return fmt.Sprintf("Line %d", l.Position)
	}
	return fmt.Sprintf("Line %d \"%s\"", l.Position, words)
}
