package mapit

import (
	"fmt"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// items finds the item of every line.
func (s *search) items() {
	s.res.Lines = make([]ResolvedLine, len(s.inv.Lines))
	missing := newUnmapped()
	for i, l := range s.inv.Lines {
		facts := lineFacts(l)
		a, ok, err := s.item(l, facts)
		facts.Item = a.Reference.GetValue()
		s.res.Lines[i] = ResolvedLine{Facts: facts, Item: a}
		path := fmt.Sprintf("items[%d].libItem", i)
		switch {
		case err != nil:
			s.failed(err, path)
		case ok:
			s.add(s.tooLong(a, path, itemThing(l.LibItem))...)
		case l.LibItem.GetId() == 0 && l.LibItem.GetName() == "" && l.LibItem.GetCode() == "":
			s.add(fault.New("line.item_missing", fault.Args{Path: path, Thing: normalise.Thing(l)}))
		default:
			missing.add(l, path)
		}
	}
	s.add(missing.faults(s.itemWays())...)
}

func (s *search) item(l normalise.Line, facts *mapping.LineFacts) (mapping.Answer, bool, error) {
	return s.Mapping.Item(mapping.ItemQuery{
		LibItemID:      l.LibItem.GetId(),
		Code:           l.LibItem.GetCode(),
		Name:           l.LibItem.GetName(),
		ExternalIDs:    l.LibItem.GetExternalIds(),
		ExternalSystem: s.ExternalSystem,
		Facts:          s.of(facts),
	})
}

// of are the invoice's facts with those of a line.
func (s *search) of(line *mapping.LineFacts) *mapping.Facts {
	f := s.res.Facts
	f.Line = line
	return &f
}

// lines finds what the mapping chooses for every line, once its item is known.
func (s *search) lines() {
	for i, l := range s.inv.Lines {
		r := &s.res.Lines[i]
		f, path := s.of(r.Facts), fmt.Sprintf("items[%d]", i)
		var err error
		r.Revenue, _, err = s.Mapping.RevenueAccount(r.Item.Reference, f)
		s.failed(err, path)
		r.TaxCode, _, err = s.Mapping.TaxCode(l.Taxable, f)
		s.failed(err, path)
		if s.Mapping.Tax.Mode == mapping.TaxCodes && l.Taxable && r.TaxCode.Reference == nil && err == nil {
			s.add(fault.New("tax.code_missing", fault.Args{Path: path, Thing: normalise.Thing(l), Params: map[string]string{"connection": s.Connection}}))
		}
		r.Class = s.choose(s.Mapping.Classes.Line, f, path)
		s.required(s.Mapping.Classes, s.res.Class, r.Class, "class.not_mapped", path, normalise.Thing(l))
		r.Department = s.choose(s.Mapping.Departments.Line, f, path)
		s.required(s.Mapping.Departments, s.res.Department, r.Department, "department.not_mapped", path, normalise.Thing(l))
	}
}

// required refuses a line for which nothing answers where the mapping asks for it.
func (s *search) required(d mapping.Dimension, whole, line mapping.Answer, code, path, thing string) {
	if !d.Required || line.Reference != nil || (d.Line.IsEmpty() && whole.Reference != nil) {
		return
	}
	if d.Line.IsEmpty() {
		path, thing = "invoice", ""
		if s.told[code] {
			return
		}
		s.told[code] = true
	}
	s.add(fault.New(code, fault.Args{Path: path, Thing: thing, Params: map[string]string{"connection": s.Connection}}))
}

// invoice finds what the mapping chooses for the whole document.
func (s *search) invoice() {
	f := &s.res.Facts
	s.res.Class = s.choose(s.Mapping.Classes.Invoice, f, "invoice")
	s.res.Department = s.choose(s.Mapping.Departments.Invoice, f, "invoice")
	s.res.SalesRep = s.choose(s.Mapping.SalesRep, f, "invoice")
	s.res.Template = s.choose(s.Mapping.Template, f, "invoice")
	s.res.Terms = s.choose(s.Mapping.Terms.Steps, f, "paymentTerms")
	if s.Mapping.Terms.Required && s.res.Terms.Reference == nil {
		s.add(fault.New("terms.not_mapped", fault.Args{Path: "paymentTerms", Params: map[string]string{
			"terms": orNone(s.inv.Terms), "connection": s.Connection,
		}}))
	}
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
