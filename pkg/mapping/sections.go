package mapping

import (
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Level is how deep below the customer a document is posted.
type Level string

// The levels.
const (
	// LevelCompany posts to the customer that stands for the ServiceTrade company.
	LevelCompany Level = "company"
	// LevelLocation posts to the location below that customer.
	LevelLocation Level = "location"
	// LevelJob posts to the job below the location below that customer.
	LevelJob Level = "job"
)

// Of is whose record in ServiceTrade stands for the customer of the books.
type Of string

// Whose record it is.
const (
	OfCompany  Of = "company"
	OfLocation Of = "location"
)

// Customers says how the customer is found.
type Customers struct {
	Match []Match
	// Of is the record whose external id, id and name are looked up.
	Of    Of
	Level Level
	// Create lets the connector create what it does not find: the customer, and
	// what Level asks for below it.
	Create bool
	table  table
}

// Items says how the item of a line is found.
type Items struct {
	Match []Match
	// Rules are asked where Match says "rules".
	Rules Steps
	// Default is for lines that nothing else matches; nil refuses them.
	Default *tradepostv1.Reference
	// Create lets the connector create an item that it does not find.
	Create bool
	table  table
}

// Accounts names accounts of the books; nil leaves the choice to the accounting system.
type Accounts struct {
	Receivable     *tradepostv1.Reference
	RevenueDefault *tradepostv1.Reference
	SalesTax       *tradepostv1.Reference
	// Revenue is asked before the table by item and the default.
	Revenue       Steps
	revenueByItem table
}

// Dimension is a class, department or location of the books: what it is for the
// whole document, and for a line.
type Dimension struct {
	Invoice, Line Steps
	// Required refuses a document, or a line, that no step answers for.
	Required bool
}

// Terms says which payment terms of the books a document gets.
type Terms struct {
	Steps Steps
	// Required refuses an invoice whose terms no step answers for; else the
	// accounting system's own default stands.
	Required bool
}

// TaxMode says what is done with sales tax.
type TaxMode string

// The tax modes.
const (
	// TaxNone posts no sales tax; an invoice that charges some is refused.
	TaxNone TaxMode = "none"
	// TaxFlag tells only which lines are taxable; the accounting system computes the
	// tax, and it has to be what ServiceTrade charged.
	TaxFlag TaxMode = "taxable_flag"
	// TaxCodes gives taxable lines a tax code of the books and states what
	// ServiceTrade charged.
	TaxCodes TaxMode = "code_map"
	// TaxAsBilled posts the amount that ServiceTrade charged, never a computed one.
	TaxAsBilled TaxMode = "as_billed"
)

// Tax says what is done with sales tax.
type Tax struct {
	Mode TaxMode
	// Codes choose the tax code of a taxable line.
	Codes Steps
	// Code is for taxable lines that Codes do not answer for; nil when the account
	// alone is enough.
	Code *tradepostv1.Reference
	// Exempt is the code of lines that are not taxed; nil gives them none.
	Exempt *tradepostv1.Reference
	// Tolerance is by how many of the currency's smallest units the tax that
	// ServiceTrade states may differ from its rate on the taxable lines: 0 to
	// MaxTaxTolerance. It changes no amount.
	Tolerance int64
}

// MaxTaxTolerance is the most that rounding explains: more is another tax.
const MaxTaxTolerance = 10

// NumberSource is where the number of a document comes from.
type NumberSource string

// The sources of numbers.
const (
	// NumberFromServiceTrade gives a document ServiceTrade's invoice number.
	NumberFromServiceTrade NumberSource = "servicetrade"
	// NumberFromJob gives it the job's number.
	NumberFromJob NumberSource = "job"
	// NumberAssigned lets the accounting system number it; ServiceTrade is told.
	NumberAssigned NumberSource = "assigned"
)

// Numbers says which number a document gets.
type Numbers struct {
	Source NumberSource
	// Prefix is put before the number.
	Prefix string
}
