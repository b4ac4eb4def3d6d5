package mapping

import "github.com/goccy/go-yaml/ast"

// word reads one of a few words into a field of its own type.
func word[T ~string](r *reader, into *T, possible ...T) func(n ast.Node, path string) {
	words := make([]string, len(possible))
	for i, p := range possible {
		words[i] = string(p)
	}
	return func(n ast.Node, path string) {
		if s, ok := r.oneOf(n, path, words...); ok {
			*into = T(s)
		}
	}
}

// yes reads true or false.
func (r *reader) yes(into *bool) func(n ast.Node, path string) {
	return func(n ast.Node, path string) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			r.add(n, path, "expected true or false, found "+kindOf(n), "write true or false, without quotes")
			return
		}
		*into = b.Value
	}
}

func (r *reader) dates(n ast.Node, path string, d *Dates) {
	r.section(n, path, readers{
		"source":        word(r, &d.Source, DateOfInvoice, DateCreated, DateJobCompleted),
		"closed_period": word(r, &d.Closed, ClosedHold, ClosedFirstOpenDay, ClosedToday),
	})
}

func (r *reader) policy(n ast.Node, path string, p *Policy) {
	r.section(n, path, readers{
		"partial":     word(r, &p.Partial, PartialAllow, PartialHold),
		"zero":        word(r, &p.Zero, ZeroPost, ZeroRefuse),
		"negative":    word(r, &p.Negative, NegativeCreditMemo, NegativeRefuse),
		"mixed_signs": word(r, &p.Mixed, MixedKeep, MixedSplit, MixedRefuse),
		"voided":      word(r, &p.Voided, VoidedVoid, VoidedCreditMemo, VoidedComment),
	})
}

func (r *reader) rounding(n ast.Node, path string, ro *Rounding) {
	r.section(n, path, readers{
		"mode": word(r, &ro.Mode, RoundHalfUp, RoundHalfEven),
		"of":   word(r, &ro.Of, RoundLine, RoundDocument),
		"tax":  word(r, &ro.Tax, RoundLine, RoundDocument),
	})
}

func (r *reader) dimension(n ast.Node, path string, d *Dimension) {
	r.section(n, path, readers{
		"invoice":  func(n ast.Node, path string) { d.Invoice = r.steps(n, path, false) },
		"line":     func(n ast.Node, path string) { d.Line = r.steps(n, path, true) },
		"required": r.yes(&d.Required),
	})
	if d.Required && d.Invoice.IsEmpty() && d.Line.IsEmpty() {
		r.add(n, path+".required", "nothing chooses what is required", "add the steps invoice or line")
	}
}

func (r *reader) terms(n ast.Node, path string, t *Terms) {
	r.section(n, path, readers{
		"steps":    func(n ast.Node, path string) { t.Steps = r.steps(n, path, false) },
		"required": r.yes(&t.Required),
	})
}

func (r *reader) texts(n ast.Node, path string, t *Texts) {
	whole := func(into *Template) func(n ast.Node, path string) {
		return func(n ast.Node, path string) { *into = r.template(n, path, false) }
	}
	r.section(n, path, readers{
		"memo":             whole(&t.Memo),
		"private_note":     whole(&t.PrivateNote),
		"customer_message": whole(&t.CustomerMessage),
		"po_number":        whole(&t.PONumber),
		"description":      func(n ast.Node, path string) { t.Description = r.template(n, path, true) },
		"custom_fields":    func(n ast.Node, path string) { t.Custom = r.customFields(n, path) },
	})
}

func (r *reader) customFields(n ast.Node, path string) map[string]Template {
	fields := map[string]Template{}
	for _, e := range r.entries(n, path) {
		fields[e.key] = r.template(e.value, join(path, e.key), false)
	}
	return fields
}
