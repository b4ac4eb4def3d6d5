// Package query reads the query language of the QuickBooks Online Accounting
// API: one entity, conditions joined by AND, ORDERBY, STARTPOSITION and
// MAXRESULTS (Intuit developer documentation, "Query operations and syntax").
package query

// MaxResults is the most rows that an answer may have, and DefaultResults how
// many it has when the statement says nothing (Intuit documentation, "Query
// operations and syntax", pagination).
const (
	MaxResults     = 1000
	DefaultResults = 100
)

// Query is a select statement that was understood.
type Query struct {
	// Entity is the word after FROM, as it was written.
	Entity string
	// Count asks for COUNT(*) instead of rows.
	Count bool
	// Fields are the properties to show; empty means all of them (*).
	Fields []string
	// Where lists the conditions; all of them must hold.
	Where []Condition
	// OrderBy lists what to sort by, the most important first.
	OrderBy []Order
	// Start is the position of the first row, counted from 1.
	Start int
	// Max is how many rows are wanted at most.
	Max int
}

// Condition compares a property with one value, or with several for IN.
type Condition struct {
	// Field is a property, with dots between steps: MetaData.CreateTime.
	Field string
	// Op is =, <, >, <=, >=, IN or LIKE.
	Op     string
	Values []Value
}

// Value is a literal of a statement.
type Value struct {
	Text string
	// Quoted tells that it stood in quotation marks, which most values do.
	Quoted bool
}

// Order sorts by a property.
type Order struct {
	Field string
	Desc  bool
}

// Error is a statement that is refused: code 4000 when it cannot be read, 4001
// when it can be read but must not be asked.
type Error struct {
	Code   string
	Detail string
}

// Error gives the text that the API sends as Detail.
func (e *Error) Error() string { return e.Detail }

func parseError(detail string) error { return &Error{"4000", "QueryParserError: " + detail} }

// Invalid is the refusal of a statement that was understood.
func Invalid(detail string) error { return &Error{"4001", "QueryValidationError: " + detail} }
