package mapping

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	maxReference = 500
	maxPrefix    = 50
)

func defaults() *Mapping {
	return &Mapping{
		Customers: Customers{Match: []Match{MatchExternalID, MatchTable}, Level: LevelCompany},
		Items:     Items{Match: []Match{MatchExternalID, MatchTable}},
		Tax:       Tax{Mode: TaxNone},
		Numbers:   Numbers{Source: NumberFromServiceTrade},
		Currency:  "USD",
	}
}

type readers = map[string]func(n ast.Node, path string)

// mapping reads the whole file.
func (r *reader) mapping(root ast.Node) *Mapping {
	m := defaults()
	versioned, taxAt := false, root
	r.section(root, "", readers{
		"version": func(n ast.Node, path string) {
			versioned = true
			r.oneOf(n, path, fmt.Sprint(Version))
		},
		"customers": func(n ast.Node, path string) { r.customers(n, path, &m.Customers) },
		"items":     func(n ast.Node, path string) { r.items(n, path, &m.Items) },
		"accounts":  func(n ast.Node, path string) { r.accounts(n, path, &m.Accounts) },
		"tax": func(n ast.Node, path string) {
			taxAt = n
			r.tax(n, path, &m.Tax)
		},
		"numbers":              func(n ast.Node, path string) { r.numbers(n, path, &m.Numbers) },
		"books_closed_through": func(n ast.Node, path string) { m.BooksClosedThrough = r.date(n, path) },
		"currency":             func(n ast.Node, path string) { m.Currency = r.currency(n, path) },
	})
	if !versioned {
		r.add(root, "version", "the version of the format is missing", fmt.Sprintf("add version: %d", Version))
	}
	if m.Tax.Mode == TaxAsBilled && m.Accounts.SalesTax == nil && m.Tax.Code == nil {
		r.add(taxAt, "tax", "mode as_billed needs a place for the tax", "add accounts.sales_tax or tax.code")
	}
	return m
}

func (r *reader) customers(n ast.Node, path string, c *Customers) {
	var tableAt ast.Node
	r.section(n, path, readers{
		"match": func(n ast.Node, path string) {
			c.Match = r.match(n, path, MatchExternalID, MatchTable, MatchName)
		},
		"level": func(n ast.Node, path string) { r.oneOf(n, path, LevelCompany) },
		"table": func(n ast.Node, path string) {
			tableAt = n
			c.table = r.table(n, path)
		},
	})
	r.tableIsUsed(tableAt, path, c.table, c.Match)
}

func (r *reader) items(n ast.Node, path string, i *Items) {
	var tableAt ast.Node
	r.section(n, path, readers{
		"match": func(n ast.Node, path string) {
			i.Match = r.match(n, path, MatchExternalID, MatchTable, MatchCode, MatchName)
		},
		"table": func(n ast.Node, path string) {
			tableAt = n
			i.table = r.table(n, path)
		},
		"default": func(n ast.Node, path string) { i.Default = r.reference(n, path) },
	})
	r.tableIsUsed(tableAt, path, i.table, i.Match)
}

func (r *reader) accounts(n ast.Node, path string, a *Accounts) {
	r.section(n, path, readers{
		"receivable":      func(n ast.Node, path string) { a.Receivable = r.reference(n, path) },
		"revenue_default": func(n ast.Node, path string) { a.RevenueDefault = r.reference(n, path) },
		"revenue_by_item": func(n ast.Node, path string) { a.revenueByItem = r.table(n, path) },
		"sales_tax":       func(n ast.Node, path string) { a.SalesTax = r.reference(n, path) },
	})
}

func (r *reader) tax(n ast.Node, path string, t *Tax) {
	r.section(n, path, readers{
		"mode": func(n ast.Node, path string) {
			if s, ok := r.oneOf(n, path, string(TaxNone), string(TaxAsBilled)); ok {
				t.Mode = TaxMode(s)
			}
		},
		"code": func(n ast.Node, path string) { t.Code = r.reference(n, path) },
	})
}

func (r *reader) numbers(n ast.Node, path string, nu *Numbers) {
	r.section(n, path, readers{
		"source": func(n ast.Node, path string) { r.oneOf(n, path, NumberFromServiceTrade) },
		"prefix": func(n ast.Node, path string) {
			s, ok := scalarText(n)
			if !ok || s != strings.TrimSpace(s) || utf8.RuneCountInString(s) > maxPrefix || strings.ContainsAny(s, "\r\n\t") {
				r.add(n, path, "not a prefix", fmt.Sprintf("write up to %d characters of text without spaces around them", maxPrefix))
				return
			}
			nu.Prefix = s
		},
	})
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

// seal computes the hash once the mapping is whole.
func (m *Mapping) seal() error {
	hash, err := canonical.Value(map[string]any{
		"version":              fmt.Sprint(Version),
		"customers.match":      m.Customers.Match,
		"customers.level":      m.Customers.Level,
		"customers.table":      m.Customers.table.view(),
		"items.match":          m.Items.Match,
		"items.table":          m.Items.table.view(),
		"items.default":        refView(m.Items.Default),
		"accounts.receivable":  refView(m.Accounts.Receivable),
		"accounts.revenue":     refView(m.Accounts.RevenueDefault),
		"accounts.by_item":     m.Accounts.revenueByItem.view(),
		"accounts.sales_tax":   refView(m.Accounts.SalesTax),
		"tax.mode":             m.Tax.Mode,
		"tax.code":             refView(m.Tax.Code),
		"numbers.source":       m.Numbers.Source,
		"numbers.prefix":       m.Numbers.Prefix,
		"books_closed_through": m.BooksClosedThrough.String(),
		"currency":             m.Currency,
	})
	m.hash = hash
	return err
}
