package mapping

import (
	"strconv"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Answer is what a lookup found and why.
type Answer struct {
	// Reference names the record of the books; the connector resolves it.
	Reference *tradepostv1.Reference
	// Rule is the rule of the mapping that decided: customers.table.
	Rule string
	// TableRow is the row of a table as it stands in the file, where one decided.
	TableRow string
	// SourceField is the field of the ServiceTrade record that was looked at, below that record: externalIds.accounting.
	SourceField string
	// SourceValue is what that field held.
	SourceValue string
}

// CustomerQuery is what ServiceTrade knows about who owes.
type CustomerQuery struct {
	CompanyID   int64
	Name        string
	ExternalIDs map[string]string
	// ExternalSystem is the name of the account's external system in ServiceTrade.
	ExternalSystem string
}

// Customer finds the customer of the books; false when no rule matches.
func (m *Mapping) Customer(q CustomerQuery) (Answer, bool) {
	for _, match := range m.Customers.Match {
		var a Answer
		var ok bool
		switch match {
		case MatchExternalID:
			a, ok = byExternalID("customers", q.ExternalIDs, q.ExternalSystem)
		case MatchTable:
			a, ok = byTable("customers", m.Customers.table, candidate{"id", idText(q.CompanyID)}, candidate{"name", q.Name})
		case MatchName:
			a, ok = byOwn("customers", "name", q.Name, tradepostv1.ReferenceBy_REFERENCE_BY_NAME)
		}
		if ok {
			return a, true
		}
	}
	return Answer{}, false
}

// ItemQuery is what ServiceTrade knows about the library item of a line.
type ItemQuery struct {
	LibItemID      int64
	Code           string
	Name           string
	ExternalIDs    map[string]string
	ExternalSystem string
	// Facts are of the line, for the rules.
	Facts *Facts
}

// Item finds the item of the books; the default item is the last resort. False
// when there is neither. The error is an ErrCondition.
func (m *Mapping) Item(q ItemQuery) (Answer, bool, error) {
	for _, match := range m.Items.Match {
		if a, ok, err := m.itemBy(match, q); ok || err != nil {
			return a, ok, err
		}
	}
	if m.Items.Default != nil {
		return Answer{Reference: m.Items.Default, Rule: "items.default"}, true, nil
	}
	return Answer{}, false, nil
}

func (m *Mapping) itemBy(match Match, q ItemQuery) (Answer, bool, error) {
	if match == MatchRules {
		if q.Facts == nil {
			return Answer{}, false, nil
		}
		return m.Items.Rules.Choose(q.Facts)
	}
	a, ok := m.itemByRecord(match, q)
	return a, ok, nil
}

func (m *Mapping) itemByRecord(match Match, q ItemQuery) (Answer, bool) {
	switch match {
	case MatchExternalID:
		return byExternalID("items", q.ExternalIDs, q.ExternalSystem)
	case MatchTable:
		return byTable("items", m.Items.table,
			candidate{"id", idText(q.LibItemID)}, candidate{"code", q.Code}, candidate{"name", q.Name})
	case MatchCode:
		return byOwn("items", "code", q.Code, tradepostv1.ReferenceBy_REFERENCE_BY_CODE)
	case MatchName:
		return byOwn("items", "name", q.Name, tradepostv1.ReferenceBy_REFERENCE_BY_NAME)
	}
	return Answer{}, false
}

// RevenueAccount finds the income account of a line: by the steps, then by the item
// of the books that it sells; false leaves the choice to the accounting system.
// The error is an ErrCondition.
func (m *Mapping) RevenueAccount(item *tradepostv1.Reference, f *Facts) (Answer, bool, error) {
	if a, ok, err := m.Accounts.Revenue.Choose(f); ok || err != nil {
		return a, ok, err
	}
	a, ok := m.revenueByItem(item)
	return a, ok, nil
}

func (m *Mapping) revenueByItem(item *tradepostv1.Reference) (Answer, bool) {
	if r, k, ok := m.Accounts.revenueByItem.find(item.GetValue()); ok {
		return Answer{Reference: r.ref, Rule: "accounts.revenue_by_item", TableRow: r.key, SourceField: "item", SourceValue: k}, true
	}
	if m.Accounts.RevenueDefault != nil {
		return Answer{Reference: m.Accounts.RevenueDefault, Rule: "accounts.revenue_default"}, true
	}
	return Answer{}, false
}

// ReceivableAccount is the account that the customer's debt goes to; false
// leaves the choice to the accounting system.
func (m *Mapping) ReceivableAccount() (Answer, bool) {
	return Answer{Reference: m.Accounts.Receivable, Rule: "accounts.receivable"}, m.Accounts.Receivable != nil
}

// SalesTaxAccount is the account that sales tax is owed from.
func (m *Mapping) SalesTaxAccount() (Answer, bool) {
	return Answer{Reference: m.Accounts.SalesTax, Rule: "accounts.sales_tax"}, m.Accounts.SalesTax != nil
}

// TaxCode is the tax code of a line: for a taxable one by the steps, then the one
// code. False gives it none. The error is an ErrCondition.
func (m *Mapping) TaxCode(taxable bool, f *Facts) (Answer, bool, error) {
	if !taxable {
		return Answer{Reference: m.Tax.Exempt, Rule: "tax.exempt"}, m.Tax.Exempt != nil, nil
	}
	if a, ok, err := m.Tax.Codes.Choose(f); ok || err != nil {
		return a, ok, err
	}
	return Answer{Reference: m.Tax.Code, Rule: "tax.code"}, m.Tax.Code != nil, nil
}

// Number is the number that a document gets; "" lets the accounting system choose.
func (m *Mapping) Number(invoiceNumber, jobNumber string) string {
	number := invoiceNumber
	switch m.Numbers.Source {
	case NumberAssigned:
		return ""
	case NumberFromJob:
		number = jobNumber
	}
	if number == "" {
		return ""
	}
	return m.Numbers.Prefix + number
}

func byExternalID(section string, ids map[string]string, system string) (Answer, bool) {
	value := fold(ids[system])
	if system == "" || value == "" {
		return Answer{}, false
	}
	return Answer{
		Reference:   &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: value},
		Rule:        section + ".external_id",
		SourceField: "externalIds." + system,
		SourceValue: value,
	}, true
}

type candidate struct{ field, value string }

func byTable(section string, t table, candidates ...candidate) (Answer, bool) {
	for _, c := range candidates {
		if r, _, ok := t.find(c.value); ok {
			return Answer{Reference: r.ref, Rule: section + ".table", TableRow: r.key, SourceField: c.field, SourceValue: c.value}, true
		}
	}
	return Answer{}, false
}

func byOwn(section, field, value string, by tradepostv1.ReferenceBy) (Answer, bool) {
	v := fold(value)
	if v == "" {
		return Answer{}, false
	}
	return Answer{
		Reference:   &tradepostv1.Reference{By: by, Value: v},
		Rule:        section + "." + field,
		SourceField: field,
		SourceValue: value,
	}, true
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
