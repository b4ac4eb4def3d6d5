package connector

// limits has what each kind of accounting system can hold at the most, as far as
// that is less than any. It is here, and not in the connectors, because transform
// needs it and does not know them: a document has to come out the same in every
// process, also while no deliver is running. 0 means no limit.
var limits = map[string]Limits{
	// A journal is a text file.
	"hledger": {},
	// A program of its own refuses what it cannot hold.
	"remote": {},
	// The same of an endpoint of the user's own.
	"webhook": {},
	// Intuit documents the lengths; 750 lines is the most where sales tax is charged.
	"quickbooksonline": {NumberLength: 21, DescriptionLength: 4000, Lines: 750},
	// Tryton has no limit on texts and lines.
	"tryton": {},
	// The settings say what the columns of a file hold.
	"file": {},
	// The widths of its import fields.
	"sage50": {NumberLength: 20, DescriptionLength: 160},
}

// LimitsOf returns the limits of a kind of accounting system; none for a kind that
// it does not know. A connector's Describe has to return the same.
func LimitsOf(kind string) Limits { return limits[kind] }
