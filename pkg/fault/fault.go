// Package fault is the catalogue of everything that can be wrong with an
// invoice, a connection or a message: one stable code for each, with the words
// that a person reads, who mends it and how. Codes are never renamed or reused,
// since comments, logs and scripts keep them.
package fault

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Lengths that keep one fault readable, in characters.
const (
	maxThing  = 120
	maxParam  = 220
	maxVendor = 1000
)

// paramDifferences lists what differs between two documents.
const paramDifferences = "differences"

// Unknown is the code of a fault that was raised with a code that the catalogue
// does not have. It means a mistake of the program.
const Unknown = "fault.unknown"

// Entry is one fault of the catalogue.
type Entry struct {
	// Code is stable: <what it is about>.<what is wrong>.
	Code string
	// Title names several faults of this code at once: "Items not linked to the books".
	Title string
	// Message says what is wrong, as it reads behind "Thing: ". {name} is
	// replaced by the parameter of that name, {thing} by the thing.
	Message string
	// Owner is who can mend it.
	Owner tradepostv1.FaultOwner
	// Fix is what the owner does, with the same placeholders.
	Fix string
	// Params are the names that the templates need, in alphabetical order.
	Params []string
	// Thing stands in when the fault is raised without one.
	Thing string
	// Raised says which part of Tradepost raises it: transform, deliver,
	// reconcile, ingest, connector, doctor, preview, or program for its own mistakes.
	Raised string
	// Reserved says that nothing raises it yet (reserved.go).
	Reserved bool
}

// Args are the particulars of one fault.
type Args struct {
	// Path is where it is, in the ServiceTrade invoice or the document: items[3].libItem.
	Path string
	// Thing is what it is about, as a person calls it: Customer "Acme Tower LLC".
	Thing string
	// Params fill the templates. A missing one is a mistake of the program: tests
	// stop, a running service writes "(not known)".
	Params map[string]string
	// VendorText is what the accounting system said, already masked. The same trouble has
	// the same text: another one is told in a comment of its own.
	VendorText string
	// VendorTraceID is the vendor's own id of the call that failed, or "". It never goes
	// into VendorText: whoever is told the same twice has to see that it is the same.
	VendorTraceID string
}

// Lookup returns the catalogue's entry of code.
func Lookup(code string) (Entry, bool) {
	e, ok := byCode[code]
	return e, ok
}

// All returns the catalogue in the order of the codes.
func All() []Entry {
	all := make([]Entry, 0, len(byCode))
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		all = append(all, byCode[code])
	}
	return all
}

// New makes a fault. Texts from outside (thing, parameters, the vendor's words)
// are put on one line and shortened, so that no customer's name can pretend to
// be a second fault. A code that the catalogue does not have, or a parameter
// that is missing, panics in tests; in a running service it becomes Unknown, or
// "(not known)", because a person still has to be told.
func New(code string, args Args) *tradepostv1.Fault {
	e, ok := byCode[code]
	if !ok {
		mistake("fault code %q is not in the catalogue", code)
		args = Args{Path: args.Path, Thing: args.Thing, VendorText: args.VendorText, VendorTraceID: args.VendorTraceID, Params: map[string]string{"code": code}}
		e = byCode[Unknown]
	}
	thing := Clip(OneLine(args.Thing), maxThing)
	if thing == "" {
		thing = e.Thing
	}
	params := cleanParams(e, args.Params)
	return &tradepostv1.Fault{
		Code:       e.Code,
		Path:       args.Path,
		Thing:      thing,
		Message:    fill(e.Message, thing, params),
		Owner:      e.Owner,
		Fix:        fill(e.Fix, thing, params),
		Params:     params,
		VendorText: Clip(OneLine(args.VendorText), maxVendor), VendorTraceId: Clip(OneLine(args.VendorTraceID), maxThing),
	}
}

// FromCodes is FromCode for several.
func FromCodes(codes []string) []*tradepostv1.Fault {
	var faults []*tradepostv1.Fault
	for _, c := range codes {
		faults = append(faults, FromCode(c))
	}
	return faults
}

// FromCode makes a fault of which only the code is known any more, because the
// message with its texts was lost.
func FromCode(code string) *tradepostv1.Fault {
	params := map[string]string{}
	for _, name := range byCode[code].Params {
		params[name] = "(not known any more)"
	}
	return New(code, Args{Params: params})
}

func cleanParams(e Entry, given map[string]string) map[string]string {
	if len(given) == 0 && len(e.Params) == 0 {
		return nil
	}
	params := make(map[string]string, len(given))
	for k, v := range given {
		params[k] = Clip(OneLine(v), maxParam)
	}
	for _, name := range e.Params {
		if _, ok := params[name]; !ok {
			mistake("fault %s was raised without its parameter %q", e.Code, name)
			params[name] = "(not known)"
		}
		if name == paramDifferences && params[name] == "" {
			params[name] = theTotal(given) // Nothing else does: whoever compares totals apart lists none.
		}
	}
	return params
}

// theTotal is the difference of totals, told with them unless they are the same or not known.
func theTotal(given map[string]string) string {
	books, here := OneLine(given["books_total"]), OneLine(given["invoice_total"])
	if books == "" || here == "" || books == here {
		return "the total"
	}
	return "its total is " + books + ", not " + here
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// fill replaces in one pass, so that braces in a value are never taken for a placeholder.
func fill(template, thing string, params map[string]string) string {
	return placeholder.ReplaceAllStringFunc(template, func(p string) string {
		name := p[1 : len(p)-1]
		if name == "thing" {
			return thing
		}
		return params[name]
	})
}

// mistake stops a test; a service goes on with what it has.
func mistake(format string, args ...any) {
	if testing.Testing() {
		panic(fmt.Sprintf(format, args...))
	}
}

var byCode = index(invoiceEntries, booksEntries, systemEntries, postedEntries, fileEntries, voidEntries, operationEntries)

func index(lists ...[]Entry) map[string]Entry {
	m := map[string]Entry{}
	for _, list := range lists {
		for _, e := range list {
			if _, twice := m[e.Code]; twice {
				panic("fault code " + e.Code + " is in the catalogue twice")
			}
			e.Reserved = slices.Contains(reserved, e.Code)
			m[e.Code] = e
		}
	}
	return m
}
