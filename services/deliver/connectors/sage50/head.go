package sage50

import (
	"cmp"
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/invoice"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
)

// What is cut where it is longer: it is printed, and nothing hangs on it.
const (
	maxShipLine = 30
	maxCity     = 20
	maxState    = 2
	maxZip      = 12
	maxCountry  = 15
	maxTerms    = 20
	maxNote     = 255
)

const no, yes = "FALSE", "TRUE"

// head fills in what every row of the document repeats.
func (s *sheet) head() {
	d := s.d
	if d.GetCurrency() != s.c.Currency {
		s.fault("currency.not_in_books", "currency", "Currency "+d.GetCurrency(), map[string]string{"currency": d.GetCurrency()})
	}
	date, due := s.dates()
	receivable := s.account("receivable_account", cmp.Or(d.GetReceivableAccount().GetValue(), s.c.Accounts.Receivable), "receivable")
	s.header = map[string]string{
		colCustomer: s.id("customer", "customer id", d.GetCustomer().GetReference().GetValue(), maxID),
		colNumber:   s.number(), colCreditMemo: no, "Progress Billing Invoice": no,
		colDate: date, "Quote": no, "Drop Ship": no, "Customer PO": s.po(), colDue: due,
		"Discount Amount": "0.00", "Discount Date": date, "Displayed Terms": clipped(d.GetTerms().GetName(), maxTerms),
		colReceivable: receivable, "Invoice Note": clipped(d.GetCustomerMessage(), maxNote), "Note Prints After Line Items": no,
		"Stmt Note Prints Before Ref": no, "Internal Note": clipped(d.GetMarker()+" "+d.GetPrivateNote(), maxNote),
		"Beginning Balance Transaction": no, "Apply to Invoice Distribution": "0", "Apply To Sales Order": no,
		"Apply to Proposal": no, "SO/Proposal Distribution": "0", "Weight": "0", "Recur Number": "0", "Recur Frequency": "0",
	}
	if rep := d.GetSalesRep().GetValue(); rep != "" {
		s.header["Sales Representative ID"] = s.id("sales_rep", "sales representative", rep, maxID)
	}
	s.shipTo()
	if s.memo() {
		s.creditMemo()
	}
}

func (s *sheet) shipTo() {
	l, a := s.d.GetLocation(), s.d.GetLocation().GetAddress()
	s.header["Ship to Name"] = clipped(l.GetName(), maxShipLine)
	street := []rune(ansi.Text(a.GetStreet()))
	cut := min(len(street), maxShipLine)
	s.header["Ship to Address-Line One"] = string(street[:cut])
	s.header["Ship to Address-Line Two"] = clipped(string(street[cut:]), maxShipLine)
	s.header["Ship to City"] = clipped(a.GetCity(), maxCity)
	s.header["Ship to State"] = stateCode(a.GetState())
	s.header["Ship to Zipcode"] = clipped(a.GetPostalCode(), maxZip)
	s.header["Ship to Country"] = clipped(a.GetCountry(), maxCountry)
}

// creditMemo needs a column that says so: without it Sage 50 would take it for an invoice
// over a negative amount.
func (s *sheet) creditMemo() {
	if !s.c.has(colCreditMemo) {
		s.fault("document.kind_refused", "kind", s.thing(), map[string]string{"kind": "credit memo (the import layout has no column \"Credit Memo\")"})
	}
	s.header[colCreditMemo] = yes
	if to := s.d.GetAppliesTo().GetNumber(); to != "" {
		s.header["Apply to Invoice Number"] = s.id("applies_to", "number of the corrected invoice", to, maxNumber)
	}
}

func (c *Config) has(column string) bool {
	for _, name := range c.Columns {
		if modern(name) == column {
			return true
		}
	}
	return false
}

// number is what people and Sage's own export know the document by.
func (s *sheet) number() string {
	n := s.d.GetNumber()
	if n == "" {
		s.fault("document.incomplete", "number", "Invoice number", map[string]string{"field": "number", "connection": s.connection})
		return ""
	}
	return s.id("number", "invoice number", n, maxNumber)
}

func (s *sheet) po() string {
	po := ansi.Text(s.d.GetPoNumber())
	if n := len([]rune(po)); n > maxPO {
		s.tooLong("po_number", "PO number", n, maxPO)
	}
	return po
}

// dates are the day on which the document counts, and the one on which it is due: Sage 50
// computes none, and what has no due date ages wrongly.
func (s *sheet) dates() (date, due string) {
	day, ok := s.day("issue_date", cmp.Or(s.d.GetPostingDate(), s.d.GetIssueDate()))
	if !ok {
		return "", ""
	}
	last, ok := s.due(day)
	if !ok {
		return s.c.date(day), ""
	}
	return s.c.date(day), s.c.date(last)
}

func (s *sheet) due(day caldate.Date) (caldate.Date, bool) {
	if text := s.d.GetDueDate(); text != "" {
		return s.day("due_date", text)
	}
	switch net := int(s.d.GetTerms().GetNetDays()); {
	case net > 0:
		return day.AddDays(net), true
	case s.memo() || invoice.IsReversal(s.d.GetMarker()):
		return day, true
	case s.c.NetDays != nil:
		return day.AddDays(*s.c.NetDays), true
	}
	s.fault("document.incomplete", "due_date", s.thing(), map[string]string{"field": "due date, or payment terms with days", "connection": s.connection})
	return caldate.Date{}, false
}

// day reads a date of the years that two digits can tell apart.
func (s *sheet) day(path, text string) (caldate.Date, bool) {
	d, err := caldate.Parse(text)
	if err != nil || text < "1970-01-01" || text > "2068-12-31" {
		s.fault("date.invalid", path, "Date", map[string]string{"value": text})
		return caldate.Date{}, false
	}
	return d, true
}

func dateText(d caldate.Date, layout string) string {
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return ""
	}
	return t.Format(layout)
}

// id checks what has to be known to Sage 50 exactly as it is.
func (s *sheet) id(path, field, value string, limit int) string {
	switch n := len([]rune(value)); {
	case value == "":
		s.fault("document.incomplete", path, s.thing(), map[string]string{"field": field, "connection": s.connection})
	case n > limit:
		s.tooLong(path, field, n, limit)
	case idProblem(value, limit) != "":
		s.fault("text.refused", path, field+" \""+value+"\"", map[string]string{"field": field})
	}
	return value
}

// account checks an account that the mapping or the settings name.
func (s *sheet) account(path, value, setting string) string {
	if value == "" {
		s.fault("account.not_mapped", path, "Account", map[string]string{"connection": s.connection, "setting": setting})
		return ""
	}
	return s.id(path, "account", value, maxAccount)
}
