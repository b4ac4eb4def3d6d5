package books

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// plant stores an object as if it had been there for a long time.
func (c *Company) plant(entity string, doc Object) string {
	if Text(doc, "Id") == "" {
		doc["Id"] = c.nextID(entity)
	}
	doc["SyncToken"], doc["domain"], doc["sparse"] = "0", "QBO", false
	if doc["Active"] == nil {
		doc["Active"] = true
	}
	c.putAt(c.now().Add(-90*24*time.Hour), entity, doc, false)
	return Text(doc, "Id")
}

// Seed fills a company with what the ServiceTrade book of a contractor needs: its
// customers, items, payment terms, taxes, service lines as classes and offices
// as locations. keyed names customers and items after the external ids that the
// book has for them (C-10001, I-1001), as mappings of the book expect; without it
// they have the names that ServiceTrade shows.
func (c *Company) Seed(b *book.Book, keyed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seedAccounts()
	c.seedTerms(b)
	c.seedTaxes()
	for _, line := range b.ServiceLines {
		c.plant("Class", Object{"Name": line.Name, "FullyQualifiedName": line.Name, "SubClass": false})
	}
	for _, at := range b.Locations {
		if at.Office {
			c.plant("Department", Object{"Name": at.Name, "FullyQualifiedName": at.Name, "SubDepartment": false})
		}
	}
	c.seedCustomers(b, keyed)
	c.seedItems(b, keyed)
	for _, u := range b.Users {
		c.plant("Employee", Object{"DisplayName": u.Name(), "GivenName": u.FirstName, "FamilyName": u.LastName, "PrintOnCheckName": u.Name()})
	}
	c.tell()
}

// The ids of the accounts that every seeded company has.
const (
	IncomeAccount   = "1"
	DiscountAccount = "3"
)

func (c *Company) seedAccounts() {
	for _, a := range [][4]string{
		{"Services", "Income", "ServiceFeeIncome", "Revenue"},
		{"Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset"},
		{"Discounts given", "Income", "DiscountsRefundsGiven", "Revenue"},
		{"Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset"},
		{"Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"},
		{"Inventory Asset", "Other Current Asset", "Inventory", "Asset"},
		{"Sales of Product Income", "Income", "SalesOfProductIncome", "Revenue"},
	} {
		c.plant("Account", Object{
			"Name": a[0], "FullyQualifiedName": a[0], "AccountType": a[1], "AccountSubType": a[2], "Classification": a[3], "SubAccount": false,
			"CurrentBalance": jsonInt(0), "CurrencyRef": reference("USD", "United States Dollar"),
		})
	}
}

var netDays = regexp.MustCompile(`(\d+)$`)

func (c *Company) seedTerms(b *book.Book) {
	for _, contract := range b.Contracts {
		term := Object{"Name": contract.PaymentTerms, "Type": "STANDARD", "DueDays": jsonInt(0), "DiscountPercent": jsonInt(0)}
		if m := netDays.FindString(contract.PaymentTerms); m != "" {
			term["DueDays"] = json.Number(m)
		}
		if strings.HasPrefix(contract.PaymentTerms, "2% 10") {
			term["DiscountPercent"], term["DiscountDays"] = jsonInt(2), jsonInt(10)
		}
		c.plant("Term", term)
	}
}

// seedTaxes makes the two codes of lines, and one of each tax group.
func (c *Company) seedTaxes() {
	for _, code := range []string{"TAX", "NON"} {
		c.plant("TaxCode", Object{"Id": code, "Name": code, "Description": code, "Taxable": code == "TAX", "TaxGroup": false})
	}
	c.sequence["TaxCode"] = 1 // the first code of a transaction is number 2
	for _, group := range book.TaxGroups() {
		rate := c.plant("TaxRate", Object{
			"Name": group.Code, "Description": group.Code, "RateValue": json.Number(group.Rate), "AgencyRef": reference("1", ""), "DisplayType": "ReadOnly",
		})
		c.plant("TaxCode", Object{
			"Name": group.Code, "Description": group.Code, "Taxable": true, "TaxGroup": true,
			"SalesTaxRateList": Object{"TaxRateDetail": []any{Object{"TaxRateRef": reference(rate, group.Code), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": jsonInt(0)}}},
		})
	}
}

// seedCustomers makes the customers. Those that no mapping of the book knows are
// taken differently: the first is an inactive customer, the second a vendor, so
// that creating them collides.
func (c *Company) seedCustomers(b *book.Book, keyed bool) {
	unknown := 0
	for _, company := range b.Companies {
		name := CleanName(company.Name)
		key := keyOf(company.ExternalIDs, b.ExternalSystem, b.CustomerTable, company.ID)
		doc := Object{
			"DisplayName": name, "CompanyName": name, "FullyQualifiedName": name, "PrintOnCheckName": name, "Job": false, "Level": jsonInt(0),
			"Balance": jsonInt(0), "BalanceWithJobs": jsonInt(0), "Taxable": true, "BillAddr": addressOf(company.Address),
			"CurrencyRef": reference("USD", "United States Dollar"), "PreferredDeliveryMethod": "Print",
		}
		if company.Email != "" {
			doc["PrimaryEmailAddr"] = Object{"Address": company.Email}
		}
		switch {
		case company.Vendor:
			continue
		case key == "" && unknown == 0:
			doc["Active"] = false
			c.plant("Customer", doc)
			unknown++
		case key == "":
			c.plant("Vendor", Object{"DisplayName": name, "CompanyName": name, "PrintOnCheckName": name, "Balance": jsonInt(0)})
		default:
			if keyed {
				doc["DisplayName"], doc["FullyQualifiedName"] = key, key
			}
			c.plant("Customer", doc)
		}
	}
}

func (c *Company) seedItems(b *book.Book, keyed bool) {
	for _, item := range b.LibItems {
		key := keyOf(item.ExternalIDs, b.ExternalSystem, b.ItemTable, item.ID)
		if key == "" {
			continue
		}
		name := CleanName(item.Name)
		doc := Object{
			"Name": name, "Description": item.Name, "Type": "Service", "Taxable": item.Taxable, "UnitPrice": jsonInt(0), "TrackQtyOnHand": false,
			"IncomeAccountRef": reference(IncomeAccount, "Services"),
		}
		if item.Code != "" {
			doc["Sku"] = item.Code
		}
		if keyed {
			doc["Name"] = key
		}
		doc["FullyQualifiedName"] = doc["Name"]
		c.plant("Item", doc)
	}
}

func keyOf(external map[string]string, system string, rows []book.TableRow, id int64) string {
	if key := external[system]; key != "" {
		return key
	}
	if i := slices.IndexFunc(rows, func(r book.TableRow) bool { return r.ID == id }); i >= 0 {
		return rows[i].Key
	}
	return ""
}

// CleanName is how a bookkeeper writes a name that QuickBooks would refuse: a
// name cannot have a colon, a tab or a line break.
func CleanName(name string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(":", " -", "\t", " ", "\n", " ").Replace(name)), " ")
}

func addressOf(a book.Address) Object {
	return Object{"Line1": a.Street, "City": a.City, "CountrySubDivisionCode": a.State, "PostalCode": a.PostalCode}
}
