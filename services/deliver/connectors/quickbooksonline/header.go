package quickbooksonline

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Lengths that the API documents, in characters.
const (
	maxMemo        = 1000
	maxNote        = 4000
	maxEmail       = 100
	maxStreet      = 500
	maxPlace       = 255
	maxPostalCode  = 30
	maxCustomField = 31
)

// checkHeader refuses what QuickBooks cannot hold.
func (w *draft) checkHeader() {
	d, limits := w.d, connector.LimitsOf(kind)
	if n := utf8.RuneCountInString(d.GetNumber()); n > limits.NumberLength {
		w.fail(fault.New("number.too_long", fault.Args{Path: "number", Params: map[string]string{
			"number": d.GetNumber(), "length": strconv.Itoa(n), "limit": strconv.Itoa(limits.NumberLength),
		}}))
	}
	if n := len(d.GetLines()); n > limits.Lines {
		w.fail(fault.New("lines.too_many", fault.Args{Path: "lines", Params: map[string]string{
			"lines": strconv.Itoa(n), "limit": strconv.Itoa(limits.Lines),
		}}))
	}
	for _, day := range []string{d.GetIssueDate(), d.GetPostingDate(), d.GetDueDate()} {
		if _, err := caldate.Parse(day); day != "" && err != nil {
			w.fail(fault.New("date.invalid", fault.Args{Params: map[string]string{"value": day}}))
		}
	}
	if closed := w.prefs.closedThrough; closed != "" && bookDate(d) <= closed {
		w.fail(closedBy(d, closed))
	}
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"receivable account", d.GetReceivableAccount() != nil},
		{"sales rep", d.GetSalesRep() != nil},
		{"form", d.GetTemplate() != nil},
		{"retainage", d.GetRetainage() != nil},
		// The private note of what takes a document back names that one.
		{"link to the document that it corrects", d.GetAppliesTo() != nil && !invoice.IsReversal(d.GetMarker())},
		{"attachment", len(d.GetAttachments()) > 0},
	} {
		if field.given {
			w.unsupported(field.name)
		}
	}
	w.currency()
}

// unsupported refuses a field that QuickBooks has no place for: it is never left out.
func (w *draft) unsupported(field string) {
	w.fail(fault.New("document.field_refused", fault.Args{Thing: thing(w.d), Params: map[string]string{
		"field": field, "connection": w.q.connection, "system": title,
	}}))
}

// checkTotals refuses a document that does not add up: QuickBooks adds up by itself.
func (w *draft) checkTotals() {
	sum := money.Zero
	number := func(field, text string) money.Amount {
		if text == "" {
			return money.Zero
		}
		a, err := money.Parse(text)
		if err != nil {
			w.fail(fault.New("line.amount_invalid", fault.Args{Params: map[string]string{"field": field, "value": text}}))
		}
		return a
	}
	for _, l := range w.d.GetLines() {
		sum = sum.Add(number("amount", l.GetAmount()))
	}
	t := w.d.GetTotals()
	sum = sum.Sub(number("discount", t.GetDiscount())).Add(number("tax", t.GetTax()))
	if total := number("total", t.GetTotal()); len(w.faults) == 0 && !sum.Equal(total) {
		w.fail(fault.New("total.mismatch", fault.Args{Params: map[string]string{
			"lines_total": sum.Fixed(2), "invoice_total": total.Fixed(2), "difference": total.Sub(sum).Fixed(2),
		}}))
	}
}

// currency is told only where the company keeps several: a single one is not asked for.
func (w *draft) currency() {
	c := w.d.GetCurrency()
	if c == "" || c == w.prefs.homeCurrency || (w.prefs.homeCurrency == "" && c == "USD") {
		return
	}
	if !w.prefs.multiCurrency {
		w.fail(fault.New("currency.not_in_books", fault.Args{Thing: "Currency " + c, Params: map[string]string{"currency": c}}))
		return
	}
	w.paper.CurrencyRef = &ref{Value: c}
	w.paper.ExchangeRate = json.Number(w.d.GetExchangeRate())
}

// header writes what stands above the lines.
func (w *draft) header() {
	d, p := w.d, &w.paper
	p.DocNumber = d.GetNumber()
	if d.GetNumber() == "" && w.prefs.customNumbers && d.GetKind() == invoiceEntity.kind {
		p.DocNumber = "AUTO_GENERATE" // Else it would have none.
	}
	p.TxnDate = bookDate(d)
	if d.GetKind() == invoiceEntity.kind {
		p.DueDate = d.GetDueDate()
		p.SalesTermRef = w.optional(termRecords, "terms.not_in_books", "Payment terms", d.GetTerms().GetReference())
	}
	if c := d.GetClass(); c != nil && w.hasFeature(w.prefs.classPerPaper || w.prefs.classPerLine, "class tracking") {
		if r := w.optional(classRecords, "class.not_in_books", "Class", c); w.prefs.classPerPaper {
			p.ClassRef = r
		}
	}
	if r := w.department(); r != nil && w.hasFeature(w.prefs.departments, "location tracking") {
		p.DepartmentRef = w.optional(departmentRecords, "department.not_in_books", "Department", r)
	}
	if m := d.GetCustomerMessage(); m != "" {
		p.CustomerMemo = &textValue{Value: w.shortened("customer message", m, maxMemo)}
	}
	p.BillAddr = addressOf(d.GetCustomer().GetBillingAddress())
	p.ShipAddr = addressOf(d.GetLocation().GetAddress())
	w.email()
	w.fields()
}

// hasFeature refuses a document that names something the company does not keep.
func (w *draft) hasFeature(on bool, feature string) bool {
	if !on {
		w.fail(fault.New("document.feature_off", fault.Args{Thing: thing(w.d), Params: map[string]string{
			"feature": feature, "system": title, "connection": w.q.connection,
		}}))
	}
	return on
}

// department is the one of the document; QuickBooks has none for single lines.
func (w *draft) department() *tradepostv1.Reference {
	one := w.d.GetDepartment()
	for _, l := range w.d.GetLines() {
		if one == nil {
			one = l.GetDepartment()
		}
	}
	return one
}

// shortened cuts a text that only informs, and says so; what counts is never cut.
func (w *draft) shortened(field, text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	w.remarks = append(w.remarks, fault.New("text.shortened", fault.Args{Params: map[string]string{
		"field": field, "limit": strconv.Itoa(limit), "system": title,
	}}))
	return clip(text, limit)
}

// clip cuts a text and keeps its line breaks.
func clip(text string, limit int) string {
	if r := []rune(text); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return text
}

func addressOf(a *tradepostv1.Address) *postalAddress {
	if a == nil {
		return nil
	}
	return &postalAddress{
		Line1: clip(a.GetStreet(), maxStreet), City: clip(a.GetCity(), maxPlace), State: clip(a.GetState(), maxPlace),
		PostalCode: clip(a.GetPostalCode(), maxPostalCode), Country: clip(a.GetCountry(), maxPlace),
	}
}

// email names as many addresses as fit, and has QuickBooks send the document where the
// connection wants that.
func (w *draft) email() {
	to := w.d.GetCustomer().GetEmails()
	if send := w.d.GetEmailDelivery(); send.GetSend() {
		w.paper.EmailStatus = "NeedToSend"
		if len(send.GetTo()) > 0 {
			to = send.GetTo()
		}
	}
	list := ""
	for _, address := range to {
		if longer := strings.TrimPrefix(list+", "+address, ", "); len(longer) <= maxEmail {
			list = longer
		}
	}
	if list != "" {
		w.paper.BillEmail = &emailAddress{Address: list}
	}
}
