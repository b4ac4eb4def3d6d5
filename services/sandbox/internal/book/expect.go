package book

// Expectation is what ought to become of an invoice when it is sent to an
// accounting system with the mapping that the book's tables describe.
type Expectation struct {
	// Faults are the codes of all faults that must be found, sorted; none means
	// that the invoice must be posted.
	Faults []string `json:"faults,omitempty"`
	// CreditMemo tells that the total is negative.
	CreditMemo bool `json:"creditMemo,omitempty"`
	// Taxed tells that the total holds sales tax, which needs a tax mapping:
	// without one the right verdict is total.mismatch.
	Taxed bool `json:"taxed,omitempty"`
}

// Posted tells whether the invoice must end up in the accounting system.
func (e Expectation) Posted() bool { return len(e.Faults) == 0 }

// The faults that a book can hold on purpose.
const (
	FaultCustomer = "customer.not_mapped"
	FaultItem     = "item.not_mapped"
	FaultTotal    = "total.mismatch"
	FaultDate     = "date.books_closed"
)

// TableRow is one row of a mapping table that the book counts on: the record
// has no external id, so its key in the accounting system comes from here.
type TableRow struct {
	ID   int64  `json:"id"`
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Book is everything that an account holds, every slice sorted by id, and what
// a mapping needs to know about it.
type Book struct {
	Companies    []Company     `json:"companies"`
	Locations    []Location    `json:"locations"`
	Jobs         []Job         `json:"jobs"`
	LibItems     []LibItem     `json:"libItems"`
	ServiceLines []ServiceLine `json:"serviceLines"`
	Users        []User        `json:"users"`
	JobItems     []JobItem     `json:"jobItems"`
	Contracts    []Contract    `json:"contracts"`
	Invoices     []Invoice     `json:"invoices"`

	// TimeZone is the account's IANA zone; calendar dates are meant in it.
	TimeZone string `json:"timeZone"`
	// ExternalSystem is the system name under which external ids are stored.
	ExternalSystem string `json:"externalSystem"`
	// BooksClosedThrough is the last calendar date of the closed period.
	BooksClosedThrough string `json:"booksClosedThrough"`
	// CustomerTable and ItemTable map what has no external id and is not meant to fail.
	CustomerTable []TableRow `json:"customerTable"`
	ItemTable     []TableRow `json:"itemTable"`
	// Expected is the verdict per invoice id, for the customer invoices in status ok.
	Expected map[int64]Expectation `json:"expected"`
}
