package quickbooks

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// at posts below the customer, at a location and for a job.
func at(d *tradepostv1.Document, location, job string) *tradepostv1.Document {
	d.Location = &tradepostv1.Location{LocationId: 70, Name: location, BelowCustomer: true, CreateIfMissing: true}
	if job != "" {
		d.Job = &tradepostv1.Job{JobId: 700, Number: job, BelowCustomer: true, CreateIfMissing: true}
	}
	return d
}

func TestLocationsAndJobsArePostedBelowTheCustomer(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	first := c.posted(q, at(sample(1), "North: Hall", "1042"))
	require.Len(t, first.Customers, 2)
	require.Equal(t, connector.RecordLocation, first.Customers[1].Record)
	require.Equal(t, int64(70), first.Customers[1].RecordID)
	billed := c.named("Customer", "Job 1042")
	require.Equal(t, reference(c.only("st-kit-1"), "CustomerRef"), billed["Id"])
	require.Equal(t, "ACME Tower:North - Hall:Job 1042", billed["FullyQualifiedName"])
	require.Equal(t, first.Customers[1].ID, reference(billed, "ParentRef"))

	second := c.posted(q, at(sample(2), "North: Hall", "1042"))
	require.Equal(t, reference(c.only("st-kit-2"), "CustomerRef"), billed["Id"])
	require.False(t, second.Customers[0].Created || second.Customers[1].Created)
	third := c.posted(c.connect(), at(sample(3), "North: Hall", ""))
	require.Equal(t, first.Customers[1].ID, reference(c.only("st-kit-3"), "CustomerRef"))
	require.Equal(t, first.Customers[0].ID, third.Customers[0].ID)
}

// Names are unique over all customers of QuickBooks: two customers' locations of one
// name are told apart, and found again.
func TestLocationsOfTheSameNameAreToldApart(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	other := at(sample(2), "Main office", "")
	other.Customer.CompanyId, other.Customer.Name, other.Customer.Reference = 8, "Brown & Sons", byName("Brown & Sons")
	first := c.posted(q, at(sample(1), "Main office", ""))
	second := c.posted(q, other)
	require.NotEqual(t, first.Customers[1].ID, second.Customers[1].ID)
	require.Equal(t, second.Customers[1].ID, c.named("Customer", "Main office (Brown & Sons)")["Id"])

	again := at(sample(3), "Main office", "")
	again.Customer = other.Customer
	require.Equal(t, second.Customers[1].ID, c.posted(c.connect(), again).Customers[1].ID)
}

func TestANameThatAVendorHas(t *testing.T) {
	c := newCompany(t, nil)
	d := sample(1)
	d.Customer.Name, d.Customer.Reference = "Vera Vendor", byName("Vera Vendor")
	faults := c.rejected(c.connect(), d).Faults
	require.Equal(t, "customer.name_taken", faults[0].GetCode())
	require.Equal(t, "a vendor", faults[0].GetParams()["by"])

	c.config = func(cfg *quickbooksonline.Config) { cfg.Customers.NameTaken = quickbooksonline.Suffix }
	made := c.posted(c.connect(), d)
	require.Equal(t, made.Customers[0].ID, c.named("Customer", "Vera Vendor (customer)")["Id"])
	next := sample(2)
	next.Customer = d.Customer
	require.Equal(t, made.Customers[0].ID, c.posted(c.connect(), next).Customers[0].ID)
}

func TestACustomerWhoIsNotActive(t *testing.T) {
	c := newCompany(t, nil)
	gone := c.put("Customer", stand.Object{"DisplayName": "ACME Tower"})
	gone["Active"] = false
	c.put("Customer", gone)
	require.Equal(t, "customer.inactive_in_books", c.rejected(c.connect(), sample(1)).Faults[0].GetCode())

	c.config = func(cfg *quickbooksonline.Config) { cfg.Customers.Inactive = quickbooksonline.Reactivate }
	posted := c.posted(c.connect(), sample(1))
	require.Equal(t, gone["Id"], posted.Customers[0].ID)
	require.Equal(t, true, c.named("Customer", "ACME Tower")["Active"])
}

// Two replicas make the same customer at the same time: one comes of it, also while
// searches do not show it yet.
func TestTwoReplicasMakeOneCustomer(t *testing.T) {
	c := newCompany(t, nil)
	c.hide(true)
	first, second := c.posted(c.connect(), sample(1)), c.posted(c.connect(), sample(2))
	require.Equal(t, first.Customers[0].ID, second.Customers[0].ID)
}

// What a bookkeeper makes inactive between two looks is found out by its refusal.
func TestAnItemThatWasMadeInactiveIsNamed(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	c.posted(q, sample(1))
	item := c.named("Item", "Labor")
	item["Active"] = false
	c.put("Item", item)
	d := sample(2)
	answer := q.Create(t.Context(), c.posting(d, "h"))
	require.IsType(t, connector.Rejected{}, answer, "%+v", answer)
	told := answer.(connector.Rejected).Faults[0]
	require.Equal(t, "item.inactive_in_books", told.GetCode())
	require.Equal(t, `the item "Labor" is in the books, but not active.`, told.GetMessage())
	require.Contains(t, told.GetFix(), "Make the item active again")
	faults, err := q.CheckDocument(t.Context(), sample(3))
	require.NoError(t, err)
	require.Equal(t, "item.inactive_in_books", faults[0].GetCode(), "preview says the same")
	d.Lines[0].Item.Reference.Value = "no such item"
	faults, err = q.CheckDocument(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, "item.not_in_books", faults[0].GetCode())
	require.Zero(t, c.count(d.GetMarker()))
}

func TestItemsAreMadeWithAnAccount(t *testing.T) {
	c := newCompany(t, nil)
	c.config = func(cfg *quickbooksonline.Config) { cfg.Items.IncomeAccount = "Services" }
	d := sample(1)
	item := &tradepostv1.Item{
		Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "FLT-20"}, Name: "Filter 20x20", CreateIfMissing: true,
	}
	d.Lines[0].Item = item
	d.Lines = append(d.Lines, &tradepostv1.Line{
		Key: "2", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: "5.00", Item: item,
		RevenueAccount: byName("Services"),
	}, &tradepostv1.Line{Key: "3", Kind: tradepostv1.LineKind_LINE_KIND_TEXT, Amount: "0", Description: "Replaced belts"})
	d.Totals.Subtotal, d.Totals.Total, d.Source.Total = "25.00", "25.00", "25.00"
	c.posted(c.connect(), d)
	made := c.named("Item", "Filter 20x20")
	require.Equal(t, "FLT-20", made["Sku"])
	require.Equal(t, c.named("Account", "Services")["Id"], reference(made, "IncomeAccountRef"))
	next := sample(2)
	next.Lines[0].Item = item
	c.posted(c.connect(), next)
}
