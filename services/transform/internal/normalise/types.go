// Package normalise reads a snapshot into numbers, calendar dates and clean
// text, and tells everything in it that cannot be read. It knows ServiceTrade's
// ways (seconds for dates, PHP's numbers, references that may be empty) and
// nothing of mappings or accounting systems.
package normalise

import (
	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Number is a number that may be absent or unreadable. Only a number that is OK
// may be used.
type Number struct {
	Value money.Amount
	// Text is what ServiceTrade wrote.
	Text string
	OK   bool
}

// Given tells whether ServiceTrade wrote anything.
func (n Number) Given() bool { return n.Text != "" }

// Invoice is a ServiceTrade invoice as transform works with it.
type Invoice struct {
	// Source is the invoice as ServiceTrade wrote it, for explanations.
	Source   *tradepostv1.ServiceTradeInvoice
	ID       int64
	Number   string
	Name     string
	Notes    string
	Terms    string
	TaxGroup string
	Partial  bool
	// Oversize says that lines and notes did not travel.
	Oversize bool
	// IssueDate and DueDate are in the account's time zone; zero when absent or unreadable.
	IssueDate caldate.Date
	DueDate   caldate.Date
	// Created is the day that ServiceTrade made the invoice; zero when not known.
	Created caldate.Date
	// Total, Tax and TaxRate (percent) as ServiceTrade shows them.
	Total   Number
	Tax     Number
	TaxRate Number

	Customer Customer
	Location *tradepostv1.ServiceTradeLocation
	Job      *tradepostv1.ServiceTradeJob
	// JobDone is the day that the job was completed; zero when not known.
	JobDone caldate.Date
	Office  string
	Lines   []Line
	// LinesReadable says that every line has an amount, so that the sum means something.
	LinesReadable bool
}

// Customer is who owes. ID is 0 when the invoice names nobody.
type Customer struct {
	ID   int64
	Name string
	// Company is nil when ServiceTrade did not give the company's own record.
	Company *tradepostv1.ServiceTradeCompany
}

// Line is one line of the invoice.
type Line struct {
	// Key is unique in the invoice: the item's id, or its position.
	Key string
	// Position counts from 1, as people do.
	Position    int
	Description string
	Quantity    Number
	Price       Number
	// Exact is quantity x price, and Amount what it is in the currency by the
	// mapping's way to round; only when both are OK.
	Exact       money.Amount
	Amount      money.Amount
	Taxable     bool
	LibItem     *tradepostv1.ServiceTradeLibItem
	ServiceLine string
	Trade       string
}
