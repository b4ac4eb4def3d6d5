package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	maxReference = 500
	maxPrefix    = 50
)

func defaults() *Mapping {
	return &Mapping{
		Customers: Customers{Match: []Match{MatchExternalID, MatchTable}, Of: OfCompany, Level: LevelCompany},
		Items:     Items{Match: []Match{MatchExternalID, MatchTable}},
		Tax:       Tax{Mode: TaxNone},
		Numbers:   Numbers{Source: NumberFromServiceTrade},
		Dates:     Dates{Source: DateOfInvoice, Closed: ClosedHold},
		Policy: Policy{
			Partial: PartialAllow, Zero: ZeroPost, Negative: NegativeCreditMemo,
			Mixed: MixedKeep, Voided: VoidedComment,
		},
		Rounding: Rounding{Mode: RoundHalfUp, Of: RoundLine, Tax: RoundDocument},
		Currency: "USD",
	}
}

type readers = map[string]func(n ast.Node, path string)

// mapping reads the whole file.
func (r *reader) mapping(root ast.Node) *Mapping {
	m := defaults()
	versioned, taxAt := false, root
	keys := r.sections(m)
	keys["version"] = func(n ast.Node, path string) {
		versioned = true
		r.oneOf(n, path, fmt.Sprint(Version))
	}
	keys["tax"] = func(n ast.Node, path string) {
		taxAt = n
		r.tax(n, path, &m.Tax)
	}
	r.section(root, "", keys)
	if !versioned {
		r.add(root, "version", "the version of the format is missing", fmt.Sprintf("add version: %d", Version))
	}
	r.taxHasItsPlace(taxAt, m)
	m.files = r.files
	return m
}

func (r *reader) sections(m *Mapping) readers {
	return readers{
		"customers":            func(n ast.Node, path string) { r.customers(n, path, &m.Customers) },
		"items":                func(n ast.Node, path string) { r.items(n, path, &m.Items) },
		"accounts":             func(n ast.Node, path string) { r.accounts(n, path, &m.Accounts) },
		"classes":              func(n ast.Node, path string) { r.dimension(n, path, &m.Classes) },
		"departments":          func(n ast.Node, path string) { r.dimension(n, path, &m.Departments) },
		"sales_rep":            func(n ast.Node, path string) { m.SalesRep = r.steps(n, path, false) },
		"template":             func(n ast.Node, path string) { m.Template = r.steps(n, path, false) },
		"terms":                func(n ast.Node, path string) { r.terms(n, path, &m.Terms) },
		"numbers":              func(n ast.Node, path string) { r.numbers(n, path, &m.Numbers) },
		"dates":                func(n ast.Node, path string) { r.dates(n, path, &m.Dates) },
		"policy":               func(n ast.Node, path string) { r.policy(n, path, &m.Policy) },
		"texts":                func(n ast.Node, path string) { r.texts(n, path, &m.Texts) },
		"rounding":             func(n ast.Node, path string) { r.rounding(n, path, &m.Rounding) },
		"go_live":              func(n ast.Node, path string) { m.GoLive = r.date(n, path) },
		"books_closed_through": func(n ast.Node, path string) { m.BooksClosedThrough = r.date(n, path) },
		"currency":             func(n ast.Node, path string) { m.Currency = r.currency(n, path) },
	}
}

func (r *reader) taxHasItsPlace(at ast.Node, m *Mapping) {
	switch {
	case m.Tax.Mode == TaxAsBilled && m.Accounts.SalesTax == nil && m.Tax.Code == nil && m.Tax.Codes.IsEmpty():
		r.add(at, "tax", "mode as_billed needs a place for the tax", "add accounts.sales_tax or tax.code")
	case m.Tax.Mode == TaxCodes && m.Tax.Code == nil && m.Tax.Codes.IsEmpty():
		r.add(at, "tax", "mode code_map needs tax codes", "add tax.codes with steps, or tax.code")
	}
}

func (r *reader) customers(n ast.Node, path string, c *Customers) {
	var tableAt ast.Node
	r.section(n, path, readers{
		"match": func(n ast.Node, path string) {
			c.Match = r.match(n, path, MatchExternalID, MatchTable, MatchName)
		},
		"of":     word(r, &c.Of, OfCompany, OfLocation),
		"level":  word(r, &c.Level, LevelCompany, LevelLocation, LevelJob),
		"create": r.yes(&c.Create),
		"table": func(n ast.Node, path string) {
			tableAt = n
			c.table = r.merged(n, path, c.table, r.table(n, path))
		},
		"table_file": func(n ast.Node, path string) {
			tableAt = n
			c.table = r.merged(n, path, c.table, r.tableFile(n, path))
		},
	})
	r.tableIsUsed(tableAt, path, c.table, c.Match)
	if c.Of == OfLocation && c.Level != LevelCompany {
		r.add(n, path+".level", "a location that is the customer itself has nothing below the customer", "leave level out, or set of: company")
	}
}

func (r *reader) items(n ast.Node, path string, i *Items) {
	var tableAt, rulesAt, matchAt ast.Node
	r.section(n, path, readers{
		"match": func(n ast.Node, path string) {
			matchAt = n
			i.Match = r.match(n, path, MatchRules, MatchExternalID, MatchTable, MatchCode, MatchName)
		},
		"table": func(n ast.Node, path string) {
			tableAt = n
			i.table = r.merged(n, path, i.table, r.table(n, path))
		},
		"table_file": func(n ast.Node, path string) {
			tableAt = n
			i.table = r.merged(n, path, i.table, r.tableFile(n, path))
		},
		"rules": func(n ast.Node, path string) {
			rulesAt = n
			i.Rules = r.steps(n, path, true)
		},
		"default": func(n ast.Node, path string) { i.Default = r.reference(n, path) },
		"create":  r.yes(&i.Create),
	})
	r.tableIsUsed(tableAt, path, i.table, i.Match)
	if rulesAt == nil && slices.Contains(i.Match, MatchRules) {
		r.add(matchAt, path+".match", "there are no rules to ask", "add "+path+".rules, or take rules out of the list")
	}
	if !i.Rules.IsEmpty() && len(i.Match) > 0 && !slices.Contains(i.Match, MatchRules) {
		r.add(rulesAt, path+".rules", "the rules are never asked", "add rules to "+path+".match at the place where they are to be asked, such as match: [rules, external_id, table]")
	}
}

func (r *reader) accounts(n ast.Node, path string, a *Accounts) {
	r.section(n, path, readers{
		"receivable":      func(n ast.Node, path string) { a.Receivable = r.reference(n, path) },
		"revenue":         func(n ast.Node, path string) { a.Revenue = r.steps(n, path, true) },
		"revenue_default": func(n ast.Node, path string) { a.RevenueDefault = r.reference(n, path) },
		"revenue_by_item": func(n ast.Node, path string) { a.revenueByItem = r.table(n, path) },
		"sales_tax":       func(n ast.Node, path string) { a.SalesTax = r.reference(n, path) },
	})
}

func (r *reader) tax(n ast.Node, path string, t *Tax) {
	r.section(n, path, readers{
		"mode":   word(r, &t.Mode, TaxNone, TaxFlag, TaxCodes, TaxAsBilled),
		"codes":  func(n ast.Node, path string) { t.Codes = r.steps(n, path, true) },
		"code":   func(n ast.Node, path string) { t.Code = r.reference(n, path) },
		"exempt": func(n ast.Node, path string) { t.Exempt = r.reference(n, path) },
		"tolerance": func(n ast.Node, path string) {
			s, ok := scalarText(n)
			units, err := strconv.ParseInt(s, 10, 64)
			if !ok || err != nil || units < 0 || units > MaxTaxTolerance {
				r.add(n, path, fmt.Sprintf("expected a whole number from 0 to %d", MaxTaxTolerance), "write how many cents the rounding of several taxes may make, such as 1")
				return
			}
			t.Tolerance = units
		},
	})
}

func (r *reader) numbers(n ast.Node, path string, nu *Numbers) {
	r.section(n, path, readers{
		"source": word(r, &nu.Source, NumberFromServiceTrade, NumberFromJob, NumberAssigned),
		"prefix": func(n ast.Node, path string) {
			s, ok := scalarText(n)
			if !ok || s != strings.TrimSpace(s) || utf8.RuneCountInString(s) > maxPrefix || strings.ContainsAny(s, "\r\n\t") {
				r.add(n, path, "not a prefix", fmt.Sprintf("write up to %d characters of text without spaces around them", maxPrefix))
				return
			}
			nu.Prefix = s
		},
	})
	if nu.Source == NumberAssigned && nu.Prefix != "" {
		r.add(n, path+".prefix", "a number that the accounting system assigns has no prefix", "remove the prefix")
	}
}

func (r *reader) date(n ast.Node, path string) caldate.Date {
	s, ok := r.text(n, path)
	if !ok {
		return caldate.Date{}
	}
	d, err := caldate.Parse(s)
	if err != nil {
		r.add(n, path, err.Error(), "write it like 2026-09-30")
	}
	return d
}

func (r *reader) currency(n ast.Node, path string) string {
	s, ok := r.text(n, path)
	if !ok {
		return ""
	}
	if _, known := money.Exponent(s); !known {
		r.add(n, path, fmt.Sprintf("%.20q is not a currency that is known here", s), "possible: "+strings.Join(money.Currencies(), ", "))
	}
	return s
}

// reference reads a record of the books: text is its code; {id: x}, {code: x}
// or {name: x} says which.
func (r *reader) reference(n ast.Node, path string) *tradepostv1.Reference {
	by := tradepostv1.ReferenceBy_REFERENCE_BY_CODE
	if _, plain := scalarText(n); !plain {
		list := r.entries(n, path)
		if list == nil {
			return nil
		}
		known := map[string]tradepostv1.ReferenceBy{
			"id":   tradepostv1.ReferenceBy_REFERENCE_BY_ID,
			"code": tradepostv1.ReferenceBy_REFERENCE_BY_CODE,
			"name": tradepostv1.ReferenceBy_REFERENCE_BY_NAME,
		}
		if len(list) != 1 || known[list[0].key] == 0 {
			r.add(n, path, "exactly one of id, code or name has to be given", "write {code: X}, or the code alone")
			return nil
		}
		by, n, path = known[list[0].key], list[0].value, join(path, list[0].key)
	}
	s, ok := r.text(n, path)
	if ok && utf8.RuneCountInString(s) > maxReference {
		r.add(n, path, "the value is too long", fmt.Sprintf("at most %d characters are possible", maxReference))
		return nil
	}
	if !ok {
		return nil
	}
	return &tradepostv1.Reference{By: by, Value: fold(s)}
}
