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
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
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
)

// LevelCompany posts to the customer that stands for the ServiceTrade company.
const LevelCompany = "company"

// TaxMode says what is done with sales tax.
type TaxMode string

// The tax modes.
const (
	// TaxNone posts no sales tax; an invoice that charges some is refused.
	TaxNone TaxMode = "none"
	// TaxAsBilled posts the amount that ServiceTrade charged, never a computed one.
	TaxAsBilled TaxMode = "as_billed"
)

// NumberFromServiceTrade gives a document ServiceTrade's invoice number.
const NumberFromServiceTrade = "servicetrade"

// Mapping is what one mapping file says. It is never changed after Parse, so
// any number of goroutines may use it.
type Mapping struct {
	Customers          Customers
	Items              Items
	Accounts           Accounts
	Tax                Tax
	Numbers            Numbers
	BooksClosedThrough caldate.Date
	// Currency is ISO 4217; USD when the file does not say.
	Currency string

	hash string
}

// Customers says how the customer is found.
type Customers struct {
	Match []Match
	Level string
	table table
}

// Items says how the item of a line is found.
type Items struct {
	Match []Match
	// Default is for lines that nothing else matches; nil refuses them.
	Default *tradepostv1.Reference
	table   table
}

// Accounts names accounts of the books; nil leaves the choice to the accounting system.
type Accounts struct {
	Receivable     *tradepostv1.Reference
	RevenueDefault *tradepostv1.Reference
	SalesTax       *tradepostv1.Reference
	revenueByItem  table
}

// Tax says what is done with sales tax.
type Tax struct {
	Mode TaxMode
	// Code is the tax code of the books; nil when the account alone is enough.
	Code *tradepostv1.Reference
}

// Numbers says which number a document gets.
type Numbers struct {
	Source string
	// Prefix is put before ServiceTrade's number.
	Prefix string
}

// Hash identifies what the mapping says (SHA-256, hex). Comments, order of keys
// and white space of the file do not change it.
func (m *Mapping) Hash() string { return m.hash }
