package sandbox

import "github.com/tradepost/tradepost/services/sandbox/internal/book"

// Book is the content of an account, with the tables that a mapping needs and
// the expected verdict of each customer invoice.
type Book = book.Book

// BookOptions say how a book is made; the same options give the same book.
type BookOptions = book.Options

// Expectation is what ought to become of an invoice that is sent.
type Expectation = book.Expectation

// TableRow is a row of the mapping tables that a book counts on.
type TableRow = book.TableRow

// Invoice is one invoice as the sandbox keeps it. Dates are Unix seconds.
type Invoice = book.Invoice

// Line is one line of an invoice.
type Line = book.Line

// Tax is the sales tax of an invoice, part of its total.
type Tax = book.Tax

// Amount is a decimal number.
type Amount = book.Amount

// The faults that a book holds on purpose.
const (
	FaultCustomer = book.FaultCustomer
	FaultItem     = book.FaultItem
	FaultTotal    = book.FaultTotal
	FaultDate     = book.FaultDate
)

// integrationUser is the user of the book that integrations act as.
const integrationUser = 101

// GenerateBook makes a realistic book of a mechanical, HVAC and fire contractor.
func GenerateBook(o BookOptions) *Book { return book.Generate(o) }

// DemoBook makes the demo's set: 40 invoices, ten of which must fail in known ways.
func DemoBook(seed int64) *Book { return book.Demo(seed) }

// DemoFaults is the demo's plan of what must fail, for BookOptions.Faults.
func DemoFaults() [][]string { return book.DemoFaults() }

// NewAmount parses a decimal literal; what is no number gives zero.
func NewAmount(literal string) Amount { return book.NewAmount(literal) }
