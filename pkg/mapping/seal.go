package mapping

import (
	"fmt"
	"strconv"

	"github.com/tradepost/tradepost/pkg/canonical"
)

// seal computes the hash once the mapping is whole. A key that an older version
// did not know goes in only where the file uses it, so that an upgrade alone
// changes no hash, and so no document.
func (m *Mapping) seal() error {
	v := map[string]any{
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
	}
	m.addSteps(v)
	m.addPolicies(v)
	m.addTexts(v)
	hash, err := canonical.Value(v)
	m.hash = hash
	return err
}

func (m *Mapping) addSteps(v map[string]any) {
	for key, s := range map[string]Steps{
		"items.rules": m.Items.Rules, "accounts.revenue.steps": m.Accounts.Revenue,
		"classes.invoice": m.Classes.Invoice, "classes.line": m.Classes.Line,
		"departments.invoice": m.Departments.Invoice, "departments.line": m.Departments.Line,
		"sales_rep": m.SalesRep, "template": m.Template,
		"terms.steps": m.Terms.Steps, "tax.codes": m.Tax.Codes,
	} {
		if !s.IsEmpty() {
			v[key] = s.view()
		}
	}
	for key, yes := range map[string]bool{
		"customers.create": m.Customers.Create, "items.create": m.Items.Create,
		"classes.required": m.Classes.Required, "departments.required": m.Departments.Required,
		"terms.required": m.Terms.Required,
	} {
		if yes {
			v[key] = true
		}
	}
}

func (m *Mapping) addPolicies(v map[string]any) {
	usual := defaults()
	for key, words := range map[string][2]string{
		"customers.of":        {string(m.Customers.Of), string(usual.Customers.Of)},
		"dates.source":        {string(m.Dates.Source), string(usual.Dates.Source)},
		"dates.closed_period": {string(m.Dates.Closed), string(usual.Dates.Closed)},
		"policy.partial":      {string(m.Policy.Partial), string(usual.Policy.Partial)},
		"policy.zero":         {string(m.Policy.Zero), string(usual.Policy.Zero)},
		"policy.negative":     {string(m.Policy.Negative), string(usual.Policy.Negative)},
		"policy.mixed_signs":  {string(m.Policy.Mixed), string(usual.Policy.Mixed)},
		"policy.voided":       {string(m.Policy.Voided), string(usual.Policy.Voided)},
		"rounding.mode":       {string(m.Rounding.Mode), string(usual.Rounding.Mode)},
		"rounding.of":         {string(m.Rounding.Of), string(usual.Rounding.Of)},
		"rounding.tax":        {string(m.Rounding.Tax), string(usual.Rounding.Tax)},
		"tax.exempt":          {refView(m.Tax.Exempt), ""},
		"tax.tolerance":       {strconv.FormatInt(m.Tax.Tolerance, 10), "0"},
		"go_live":             {m.GoLive.String(), ""},
	} {
		if words[0] != words[1] {
			v[key] = words[0]
		}
	}
}

func (m *Mapping) addTexts(v map[string]any) {
	all := map[string]Template{
		"memo": m.Texts.Memo, "private_note": m.Texts.PrivateNote, "po_number": m.Texts.PONumber,
		"customer_message": m.Texts.CustomerMessage, "description": m.Texts.Description,
	}
	for name, t := range m.Texts.Custom {
		all["custom_fields."+name] = t
	}
	for key, t := range all {
		if !t.IsEmpty() {
			v["texts."+key] = t.source
		}
	}
}
