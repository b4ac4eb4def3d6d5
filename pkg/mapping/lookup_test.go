package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	byID   = tradepostv1.ReferenceBy_REFERENCE_BY_ID
	byCode = tradepostv1.ReferenceBy_REFERENCE_BY_CODE
	byName = tradepostv1.ReferenceBy_REFERENCE_BY_NAME
)

func TestCustomer(t *testing.T) {
	m, err := mapping.Parse(read(t, "full.yaml"), "full.yaml")
	require.NoError(t, err)
	ids := map[string]string{"accounting": " C7 ", "crm": "zz"}
	for name, c := range map[string]struct {
		q              mapping.CustomerQuery
		by             tradepostv1.ReferenceBy
		value          string
		rule, row, src string
	}{
		"external id wins":      {mapping.CustomerQuery{CompanyID: 2001, Name: "Acme Tower LLC", ExternalIDs: ids, ExternalSystem: "accounting"}, byID, "C7", "customers.external_id", "", "externalIds.accounting"},
		"other system":          {mapping.CustomerQuery{Name: "Acme Tower LLC", ExternalIDs: ids, ExternalSystem: "erp"}, byCode, "C100", "customers.table", "Acme Tower LLC", "name"},
		"id before name":        {mapping.CustomerQuery{CompanyID: 2001, Name: "Acme Tower LLC"}, byID, "80000001-1", "customers.table", "2001", "id"},
		"white space":           {mapping.CustomerQuery{Name: " Acme   Tower LLC "}, byCode, "C100", "customers.table", "Acme Tower LLC", "name"},
		"composed accents":      {mapping.CustomerQuery{Name: "Socie\u0301te\u0301 Ge\u0301ne\u0301rale du Froid"}, byName, "Société Générale", "customers.table", "Société  Générale du Froid", "name"},
		"case is not the same":  {mapping.CustomerQuery{Name: "acme tower llc"}, byName, "acme tower llc", "customers.name", "", "name"},
		"nearly is not enough":  {mapping.CustomerQuery{Name: "Acme Tower"}, byName, "Acme Tower", "customers.name", "", "name"},
		"a name that is a code": {mapping.CustomerQuery{Name: "C100"}, byName, "C100", "customers.name", "", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			a, ok := m.Customer(c.q)
			require.True(t, ok)
			require.Equal(t, c.by, a.Reference.GetBy())
			require.Equal(t, c.value, a.Reference.GetValue())
			require.Equal(t, []string{c.rule, c.row, c.src}, []string{a.Rule, a.TableRow, a.SourceField})
		})
	}
	_, ok := m.Customer(mapping.CustomerQuery{CompanyID: 5})
	require.False(t, ok)
	_, ok = parse(t, "version: 1\n").Customer(mapping.CustomerQuery{CompanyID: 5, Name: "Acme", ExternalIDs: ids})
	require.False(t, ok, "without a system no external id counts")
}

func TestItem(t *testing.T) {
	m, err := mapping.Parse(read(t, "full.yaml"), "full.yaml")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		q           mapping.ItemQuery
		value, rule string
	}{
		"external id":      {mapping.ItemQuery{Code: "FLT-20", ExternalIDs: map[string]string{"accounting": "9"}, ExternalSystem: "accounting"}, "9", "items.external_id"},
		"table by code":    {mapping.ItemQuery{Code: "FLT-20", Name: "Emergency call-out"}, "0400", "items.table"},
		"table by name":    {mapping.ItemQuery{Code: "X", Name: "Emergency call-out"}, "0500", "items.table"},
		"table by id":      {mapping.ItemQuery{LibItemID: 77001, Code: "FLT-20"}, "SVC", "items.table"},
		"own code":         {mapping.ItemQuery{Code: "LAB", Name: "Labor"}, "LAB", "items.code"},
		"default":          {mapping.ItemQuery{Name: "Unknown"}, "MISC", "items.default"},
		"nothing at all":   {mapping.ItemQuery{}, "MISC", "items.default"},
		"white-space code": {mapping.ItemQuery{Code: "  "}, "MISC", "items.default"},
	} {
		t.Run(name, func(t *testing.T) {
			a, ok, err := m.Item(c.q)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, c.value, a.Reference.GetValue())
			require.Equal(t, c.rule, a.Rule)
		})
	}
	_, ok, err := parse(t, "version: 1\n").Item(mapping.ItemQuery{Code: "LAB", Name: "Labor"})
	require.NoError(t, err)
	require.False(t, ok, "a code is only taken where the mapping says so")
}

func TestRevenueAccount(t *testing.T) {
	m, err := mapping.Parse(read(t, "full.yaml"), "full.yaml")
	require.NoError(t, err)
	for item, want := range map[string][2]string{
		"LAB":  {"revenue:labor", "accounts.revenue_by_item"},
		"0400": {"revenue:parts", "accounts.revenue_by_item"},
		"MISC": {"revenue:other", "accounts.revenue_default"},
	} {
		a, ok, err := m.RevenueAccount(&tradepostv1.Reference{Value: item}, &mapping.Facts{})
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, [2]string{a.Reference.GetValue(), a.Rule}, item)
	}
	_, ok, err := parse(t, "version: 1\n").RevenueAccount(&tradepostv1.Reference{Value: "LAB"}, &mapping.Facts{})
	require.NoError(t, err)
	require.False(t, ok)
}
