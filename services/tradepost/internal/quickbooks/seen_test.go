package quickbooks

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// two are two records of an entity.
func (c *company) two(entity string) (a, b stand.Object) {
	c.t.Helper()
	all := c.stand.API.Objects(c.realm, entity)
	require.GreaterOrEqual(c.t, len(all), 2, entity)
	return all[0], all[1]
}

// detailed is an invoice with everything that a bookkeeper may change beside its lines.
func detailed(c *company) *tradepostv1.Document {
	d := sample(1)
	called := func(entity string) *tradepostv1.Reference {
		a, _ := c.two(entity)
		return byName(a["Name"].(string))
	}
	d.Class, d.Department, d.Terms = called("Class"), called("Department"), &tradepostv1.Terms{Reference: called("Term")}
	d.CustomerMessage, d.Memo, d.PrivateNote = "Thank you", "PM visit", "Gate code at the desk"
	return d
}

// another has a reference lead to another record.
func another(name, entity, field string) change {
	return change{
		edit: func(c *company, o stand.Object) {
			_, b := c.two(entity)
			o[field] = stand.Object{"value": b["Id"]}
		},
		want: func(c *company) string {
			a, b := c.two(entity)
			return fmt.Sprintf("its %s %q, not %q", name, b["Name"], a["Name"])
		},
	}
}

// change is what a bookkeeper does to an invoice, and how that is told.
type change struct {
	edit func(c *company, o stand.Object)
	want func(c *company) string
}

func told(words string) func(*company) string { return func(*company) string { return words } }

// What a bookkeeper changes beside lines and total is named, as it is in the books and as
// it should be, also by a connector that was started since.
func TestWhatABookkeeperChangedIsNamed(t *testing.T) {
	for name, tt := range map[string]change{
		"nothing": {func(*company, stand.Object) {}, told("")},
		"the message": {
			func(_ *company, o stand.Object) { o["CustomerMemo"] = stand.Object{"value": "Pay now"} },
			told(`its message to the customer is "Pay now", not "Thank you"`),
		},
		"no message": {
			func(_ *company, o stand.Object) { delete(o, "CustomerMemo") },
			told(`its message to the customer is empty, not "Thank you"`),
		},
		"words added to the note": {
			func(_ *company, o stand.Object) { o["PrivateNote"] = o["PrivateNote"].(string) + "\nask Ann" },
			told(`its private note is "PM visit Gate code at the desk ask Ann", not "PM visit Gate code at the desk"`),
		},
		"the class": another("class is", "Class", "ClassRef"),
		"no class": {
			func(_ *company, o stand.Object) { delete(o, "ClassRef") },
			func(c *company) string {
				a, _ := c.two("Class")
				return fmt.Sprintf("it has no class, not %q", a["Name"])
			},
		},
		"the location": another("location is", "Department", "DepartmentRef"),
		"the terms":    another("payment terms are", "Term", "SalesTermRef"),
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, func(s *stand.Settings) { s.ClassPerTxn, s.ClassPerLine = true, false })
			d := detailed(c)
			q := c.connect()
			before := c.posted(q, d).Document
			o := c.only(d.GetMarker())
			tt.edit(c, o)
			c.put("Invoice", o)
			for who, q := range map[string]connector.Connector{"the one that posted it": q, "one started since": c.connect()} {
				found, err := q.Find(t.Context(), connector.Query{Kind: d.GetKind(), Marker: d.GetMarker()})
				require.NoError(t, err)
				require.Len(t, found, 1)
				if tt.want(c) == "" {
					require.Equal(t, before.Version, found[0].Version)
					require.Empty(t, found[0].Other.Apart(d), who)
					continue
				}
				require.NotEqual(t, before.Version, found[0].Version)
				require.Equal(t, []string{tt.want(c)}, found[0].Other.Apart(d), who)
			}
			open := sample(1)
			open.Memo, open.PrivateNote = d.GetMemo(), d.GetPrivateNote()
			found, err := q.Find(t.Context(), connector.Query{Kind: d.GetKind(), Marker: d.GetMarker()})
			require.NoError(t, err)
			if name != "words added to the note" {
				require.Empty(t, found[0].Other.Apart(open), "what the invoice leaves open is nobody's difference")
			}
		})
	}
}
