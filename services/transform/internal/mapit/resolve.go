// Package mapit applies the mapping of a connection: it finds the customer, the
// items and the accounts that an invoice names, and writes the document with the
// reason for each of its fields.
package mapit

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// maxReference is the longest name of a record that a document carries.
const maxReference = 500

// Resolver finds what the books call things.
type Resolver struct {
	Mapping        *mapping.Mapping
	Connection     string
	ExternalSystem string
}

// Resolved is what was found for one invoice. An answer without a reference
// leaves the field to the accounting system.
type Resolved struct {
	Facts    mapping.Facts
	Customer mapping.Answer
	Terms    mapping.Answer
	SalesRep mapping.Answer
	Template mapping.Answer
	// Class and Department are the whole document's.
	Class      mapping.Answer
	Department mapping.Answer
	// Lines has one for each line, in the order of the lines.
	Lines []ResolvedLine
}

// ResolvedLine is what was found for one line.
type ResolvedLine struct {
	Facts      *mapping.LineFacts
	Item       mapping.Answer
	Revenue    mapping.Answer
	TaxCode    mapping.Answer
	Class      mapping.Answer
	Department mapping.Answer
}

// Resolve looks up everything that the mapping chooses, and tells all that is not
// found; an item that several lines use is told once.
func (r Resolver) Resolve(inv *normalise.Invoice) (Resolved, []*tradepostv1.Fault) {
	s := &search{Resolver: r, inv: inv, told: map[string]bool{}}
	s.res.Facts = factsOf(inv)
	s.customer()
	s.items()
	s.invoice()
	s.lines()
	return s.res, s.faults
}

// search is one invoice's.
type search struct {
	Resolver

	inv    *normalise.Invoice
	res    Resolved
	faults []*tradepostv1.Fault
	told   map[string]bool
}

func (s *search) add(f ...*tradepostv1.Fault) { s.faults = append(s.faults, f...) }

// customer finds the customer by the record that the mapping names.
func (s *search) customer() {
	q, thing, path := mapping.CustomerQuery{
		CompanyID: s.inv.Customer.ID, Name: s.inv.Customer.Name,
		ExternalIDs: s.inv.Customer.Company.GetExternalIds(), ExternalSystem: s.ExternalSystem,
	}, `Customer "`+s.inv.Customer.Name+`"`, "customer"
	if s.Mapping.Customers.Of == mapping.OfLocation {
		l := s.inv.Location
		q.CompanyID, q.Name, q.ExternalIDs = l.GetId(), normalise.OneLine(l.GetName()), l.GetExternalIds()
		thing, path = `Location "`+q.Name+`"`, "location"
		if q.CompanyID == 0 {
			s.add(fault.New("location.missing", fault.Args{Path: path}))
			return
		}
	}
	if q.CompanyID == 0 || q.Name == "" {
		return // told by normalise
	}
	a, ok := s.Mapping.Customer(q)
	if !ok {
		s.add(fault.New("customer.not_mapped", fault.Args{Path: path, Thing: thing, Params: map[string]string{"ways": s.customerWays()}}))
		return
	}
	s.res.Customer = a
	s.add(s.tooLong(a, path, thing)...)
}

// tooLong refuses a key of the books that no document can carry; only an
// external id can be that long, since the mapping file is checked when it is read.
func (s *search) tooLong(a mapping.Answer, path, thing string) []*tradepostv1.Fault {
	n := utf8.RuneCountInString(a.Reference.GetValue())
	if n <= maxReference {
		return nil
	}
	return []*tradepostv1.Fault{fault.New("text.too_long", fault.Args{Path: path + "." + a.SourceField, Thing: thing, Params: map[string]string{
		"field": "link to the books", "length": strconv.Itoa(n), "limit": strconv.Itoa(maxReference),
	}})}
}

// choose asks steps; a condition that cannot be evaluated is a fault.
func (s *search) choose(steps mapping.Steps, f *mapping.Facts, path string) mapping.Answer {
	a, _, err := steps.Choose(f)
	s.failed(err, path)
	return a
}

func (s *search) failed(err error, path string) {
	if err == nil || s.told[err.Error()] {
		return
	}
	s.told[err.Error()] = true
	params := map[string]string{"connection": s.Connection, "key": "(unknown)", "reason": err.Error(), "advice": "ask another question"}
	if failed, ok := errors.AsType[*mapping.ConditionError](err); ok {
		params["key"], params["reason"], params["advice"] = failed.Key, failed.Why, failed.Fix
	}
	s.add(fault.New("mapping.condition_failed", fault.Args{Path: path, Params: params}))
}

// itemThing names a library item as a person would: Item FLT-20 "Filter 20x20".
func itemThing(l *tradepostv1.ServiceTradeLibItem) string {
	code, name := fault.OneLine(l.GetCode()), fault.Clip(fault.OneLine(l.GetName()), 60)
	switch {
	case code != "" && name != "" && code != name:
		return "Item " + code + ` "` + name + `"`
	case code != "":
		return "Item " + code
	case name != "":
		return `Item "` + name + `"`
	default:
		return fmt.Sprintf("Item %d", l.GetId())
	}
}
