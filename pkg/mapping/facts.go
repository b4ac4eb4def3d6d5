package mapping

// Facts is what rules may ask about: one invoice, and one of its lines. Text is
// as normalise leaves it; no fact is an amount of money, since rules do no
// arithmetic with money.
type Facts struct {
	Invoice  InvoiceFacts
	Customer CustomerFacts
	Location LocationFacts
	Job      JobFacts
	// Line is nil where the whole invoice is asked about.
	Line *LineFacts
}

// InvoiceFacts are facts of the invoice itself.
type InvoiceFacts struct {
	Number, Name, Notes, Terms, TaxGroup string
	// Date is the calendar day of the invoice, YYYY-MM-DD.
	Date string
	// Partial says that it bills a part of its job; Negative that its total is below zero.
	Partial, Negative bool
}

// CustomerFacts are facts of the ServiceTrade company that owes.
type CustomerFacts struct {
	ID                       int64
	Name, Status, State, ZIP string
}

// LocationFacts are facts of the place of the work.
type LocationFacts struct {
	ID                                            int64
	Name, StoreNumber, City, State, ZIP, TaxGroup string
	Taxable                                       bool
	Offices, Tags                                 []string
}

// JobFacts are facts of the job that is billed.
type JobFacts struct {
	ID                                           int64
	Number, Name, Type, Office, PO, Owner, Sales string
	Tags                                         []string
}

// LineFacts are facts of one line and its library item.
type LineFacts struct {
	ItemID                                                        int64
	ItemCode, ItemName, ItemType, ServiceLine, Trade, Description string
	// Item is the key of the item of the books; "" before it is known.
	Item                       string
	Generic, Taxable, Negative bool
}

// Kind is the type of a fact.
type Kind string

// The kinds of facts.
const (
	KindText   Kind = "text"
	KindNumber Kind = "number"
	KindYesNo  Kind = "yes/no"
	KindList   Kind = "list of texts"
)

// Fact is one name that rules and tables may use.
type Fact struct {
	// Name as it is written in a mapping file: job.type.
	Name string
	Kind Kind
	// Of is what it is a fact of, in words for a person.
	Of string
	// OfLine says that only a line has it.
	OfLine bool

	get func(f *Facts) any
}

func text(name, of string, get func(f *Facts) string) Fact {
	return Fact{Name: name, Kind: KindText, Of: of, get: func(f *Facts) any { return get(f) }}
}

func number(name, of string, get func(f *Facts) int64) Fact {
	return Fact{Name: name, Kind: KindNumber, Of: of, get: func(f *Facts) any { return get(f) }}
}

func yesNo(name, of string, get func(f *Facts) bool) Fact {
	return Fact{Name: name, Kind: KindYesNo, Of: of, get: func(f *Facts) any { return get(f) }}
}

func list(name, of string, get func(f *Facts) []string) Fact {
	return Fact{Name: name, Kind: KindList, Of: of, get: func(f *Facts) any { return get(f) }}
}

// ofLine marks facts that only a line has.
func ofLine(facts ...Fact) []Fact {
	for i := range facts {
		facts[i].OfLine = true
	}
	return facts
}
