// Package mapping has the rules that turn a ServiceTrade invoice into a document
// for one company's books: which customer, which item, which account, and what
// happens with tax, numbers and dates. One YAML file per connection holds them.
//
// A lookup never guesses and never matches fuzzily. It answers with what it
// found and with the rule and table row that decided, so that every field of a
// document can be explained.
package mapping

import (
	"github.com/tradepost/tradepost/pkg/caldate"
)

// Version is the version of the file format that this package reads.
const Version = 1

// Match is one way to find a customer or an item.
type Match string

// The ways to match. They are tried in the order that the file gives.
const (
	// MatchExternalID takes the external id that the ServiceTrade record has in
	// the account's external system.
	MatchExternalID Match = "external_id"
	// MatchTable looks in the table of the mapping file.
	MatchTable Match = "table"
	// MatchCode takes the ServiceTrade library item's own code.
	MatchCode Match = "code"
	// MatchName takes the ServiceTrade name as the exact name in the books.
	MatchName Match = "name"
	// MatchRules asks the steps of the mapping file.
	MatchRules Match = "rules"
)

// Mapping is what one mapping file says. It is never changed after Parse, so
// any number of goroutines may use it.
type Mapping struct {
	Customers   Customers
	Items       Items
	Accounts    Accounts
	Classes     Dimension
	Departments Dimension
	// SalesRep and Template are chosen for the whole document.
	SalesRep Steps
	Template Steps
	Terms    Terms
	Tax      Tax
	Numbers  Numbers
	Dates    Dates
	Policy   Policy
	Texts    Texts
	Rounding Rounding
	// GoLive is the first day that is posted; invoices before it are refused. Zero
	// means no such day.
	GoLive             caldate.Date
	BooksClosedThrough caldate.Date
	// Currency is ISO 4217; USD when the file does not say.
	Currency string

	files []string
	hash  string
}

// Hash identifies what the mapping says (SHA-256, hex). Comments, order of keys
// and white space of the file do not change it; what its table files say does.
func (m *Mapping) Hash() string { return m.hash }

// Files are the table files that the mapping was read with, or tried to. When one
// of them changes, the mapping has to be read again.
func (m *Mapping) Files() []string { return m.files }
