package books

import "time"

// The ways in which a company deals with sales tax.
const (
	TaxOff       = "off"
	TaxManual    = "manual"
	TaxAutomated = "automated"
)

// Settings are what a user of the company sets, and how the stand-in behaves for
// it. In JSON lengths of time are nanoseconds.
type Settings struct {
	Name string `json:"name"`
	// State and PostalCode are of the company's own address, which automated sales
	// tax falls back on.
	State      string `json:"state"`
	PostalCode string `json:"postalCode"`

	// CustomNumbers is the preference "custom transaction numbers": on, a missing
	// DocNumber stays empty; off, the next number is given.
	CustomNumbers bool `json:"customNumbers"`
	// WarnDuplicates is the preference "warn if duplicate number": the API refuses
	// what the page warns about.
	WarnDuplicates bool `json:"warnDuplicates"`

	// SalesTax is off, manual or automated.
	SalesTax string `json:"salesTax"`
	// TaxOverride keeps the total tax that is sent although automated sales tax
	// would come to another.
	TaxOverride bool `json:"taxOverride"`

	// ClosedThrough is the last day of the closed books, as 2026-06-30; empty when
	// none are closed.
	ClosedThrough string `json:"closedThrough"`
	// ClosedPassword asks for a password to post into closed books, which the API
	// cannot give.
	ClosedPassword bool `json:"closedPassword"`
	// ClosedUntold leaves the closing date out of the preferences, so that an app meets
	// it only when it writes.
	ClosedUntold bool `json:"closedUntold"`

	MultiCurrency bool `json:"multiCurrency"`
	ClassPerLine  bool `json:"classPerLine"`
	ClassPerTxn   bool `json:"classPerTxn"`
	Departments   bool `json:"departments"`
	// CustomFields are the names of the custom fields 1, 2 and 3 of sales forms; an
	// empty name turns one off.
	CustomFields []string `json:"customFields"`

	// InactiveFreesName appends " (deleted)" to the name of what is made inactive, so
	// that the name can be used again. Without it an inactive name stays taken.
	InactiveFreesName bool `json:"inactiveFreesName"`

	// TerseNames leaves the kind of record out of a 6240, as live companies do, against
	// the documentation.
	TerseNames bool `json:"terseNames"`

	// Ended makes the subscription end: writes are refused with 6190.
	Ended bool `json:"ended"`
	// AccessLost takes the access away from the user who connected: 401 with 120.
	AccessLost bool `json:"accessLost"`
	// Maintenance puts the company under maintenance: 150.
	Maintenance bool `json:"maintenance"`

	// QueryDelay is how long statements and change data capture do not show a write
	// yet. Reading an object by its id shows it at once.
	QueryDelay time.Duration `json:"queryDelay"`
	// RequestIDMemory is how long the answer to a requestid is remembered; negative
	// means not at all, 0 for ever.
	RequestIDMemory time.Duration `json:"requestIdMemory"`
}

// DefaultSettings are those of a new company: classes, locations and manual
// sales tax are on, numbers are given by QuickBooks, duplicates are refused.
func DefaultSettings(name string) Settings {
	return Settings{
		Name: name, State: "NC", PostalCode: "27701", WarnDuplicates: true, SalesTax: TaxManual, TaxOverride: true,
		ClassPerLine: true, Departments: true, TerseNames: true, CustomFields: []string{"PO Number", "Job", ""},
	}
}
