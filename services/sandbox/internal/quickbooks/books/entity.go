package books

import (
	"slices"
	"strings"
)

// Entity is one kind of objects that the API knows.
type Entity struct {
	// Name is the word in answers and statements: Invoice.
	Name string
	// Path is the word in addresses: invoice.
	Path string
	// List tells that it is a name list: objects are made inactive, never deleted,
	// and statements show the active ones unless they ask about Active.
	List bool
	// Filter are the properties that a statement may ask about (Intuit API
	// reference, attributes marked filterable), besides those of all entities.
	Filter []string
	// NotFilter are known properties that a statement may show, not ask about.
	NotFilter []string
}

// everywhere can be asked of every entity (Intuit API reference).
var everywhere = []string{"Id", "MetaData.CreateTime", "MetaData.LastUpdatedTime"}

var saleFields = []string{
	"SyncToken", "PrivateNote", "Line", "CustomerMemo", "BillEmail", "BillEmailCc", "BillEmailBcc", "BillAddr", "ShipAddr",
	"ShipFromAddr", "CustomField", "TxnTaxDetail", "ClassRef", "DepartmentRef", "CurrencyRef", "ExchangeRate", "LinkedTxn",
	"PrintStatus", "EmailStatus", "ApplyTaxAfterDiscount", "GlobalTaxCalculation", "ShipMethodRef", "ShipDate", "TrackingNum",
	"TxnSource", "AllowOnlineACHPayment", "AllowOnlineCreditCardPayment", "AllowIPNPayment", "AllowOnlinePayment",
	"DepositToAccountRef", "Deposit", "DeliveryInfo", "InvoiceLink", "AutoDocNumber", "ProjectRef", "TaxExemptionRef", "FreeFormAddress",
	"HomeTotalAmt", "HomeBalance", "SalesTermRef", "PaymentMethodRef", "PaymentRefNum", "RemainingCredit", "InvoiceRef", "TransactionLocationType",
	"ARAccountRef", "PONumber", "TxnStatus", "DocNumber", "TxnDate", "DueDate", "CustomerRef", "Balance", "TotalAmt", "MetaData", "sparse", "domain", "Id",
}

// entities lists what the stand-in has. Which properties can be asked about is
// Intuit's API reference of each entity; PrivateNote and TotalAmt of a sale are not
// among them.
var entities = []Entity{
	{
		Name: "Invoice", Path: "invoice", NotFilter: saleFields,
		Filter: []string{"DocNumber", "TxnDate", "DueDate", "CustomerRef", "SalesTermRef", "ProjectRef", "Balance"},
	},
	{
		Name: "CreditMemo", Path: "creditmemo", NotFilter: saleFields,
		Filter: []string{"DocNumber", "TxnDate", "CustomerRef", "ProjectRef", "Balance"},
	},
	{
		Name: "Payment", Path: "payment", Filter: []string{"TxnDate", "CustomerRef", "TotalAmt", "UnappliedAmt"},
		NotFilter: []string{
			"SyncToken", "PrivateNote", "Line", "CurrencyRef", "ExchangeRate", "PaymentRefNum", "PaymentMethodRef", "DepositToAccountRef",
			"ARAccountRef", "ProcessPayment", "CreditCardPayment", "LinkedTxn", "MetaData", "sparse", "domain", "Id", "TxnDate", "CustomerRef", "TotalAmt", "UnappliedAmt",
		},
	},
	{
		Name: "Customer", Path: "customer", List: true,
		Filter: []string{
			"DisplayName", "FullyQualifiedName", "CompanyName", "GivenName", "MiddleName", "FamilyName", "PrintOnCheckName",
			"PrimaryEmailAddr", "Active", "Balance",
		},
		NotFilter: personFields,
	},
	{
		Name: "Item", Path: "item", List: true, Filter: []string{"Name", "FullyQualifiedName", "Sku", "Active", "Type"},
		NotFilter: []string{
			"SyncToken", "Description", "FullyQualifiedName", "UnitPrice", "Taxable", "SalesTaxIncluded", "IncomeAccountRef", "ExpenseAccountRef",
			"AssetAccountRef", "PurchaseCost", "PurchaseDesc", "TrackQtyOnHand", "QtyOnHand", "InvStartDate", "SubItem", "ParentRef", "Level", "ClassRef",
			"SalesTaxCodeRef", "PurchaseTaxCodeRef", "PrefVendorRef", "ItemCategoryType", "ReorderPoint", "Source", "MetaData", "sparse", "domain", "Id", "Name", "Sku", "Active", "Type",
		},
	},
	{
		Name: "Vendor", Path: "vendor", List: true, NotFilter: personFields,
		Filter: []string{"DisplayName", "CompanyName", "GivenName", "MiddleName", "FamilyName", "Suffix", "PrintOnCheckName", "Active"},
	},
	{
		Name: "Employee", Path: "employee", List: true, NotFilter: personFields,
		Filter: []string{"DisplayName", "GivenName", "MiddleName", "FamilyName", "PrintOnCheckName", "Active"},
	},
	{
		Name: "Class", Path: "class", List: true, Filter: []string{"Name", "FullyQualifiedName", "Active", "SubClass"},
		NotFilter: []string{"SyncToken", "ParentRef", "MetaData", "Id", "Name"},
	},
	{
		Name: "Department", Path: "department", List: true, Filter: []string{"Name", "FullyQualifiedName", "Active", "SubDepartment"},
		NotFilter: []string{"SyncToken", "ParentRef", "Address", "MetaData", "Id", "Name"},
	},
	{
		Name: "Term", Path: "term", List: true, Filter: []string{"Name", "Active", "Type", "DueDays"},
		NotFilter: []string{"SyncToken", "DiscountPercent", "DiscountDays", "DayOfMonthDue", "DueNextMonthDays", "MetaData", "Id"},
	},
	{
		Name: "Account", Path: "account", List: true, Filter: []string{"Name", "AccountType", "AccountSubType", "Active", "AcctNum", "Classification", "SubAccount", "ParentRef", "Description"},
		NotFilter: []string{"SyncToken", "FullyQualifiedName", "CurrentBalance", "CurrencyRef", "MetaData", "Id"},
	},
	{
		Name: "TaxCode", Path: "taxcode", List: true, Filter: []string{"Name", "Description", "Active"},
		NotFilter: []string{"SyncToken", "Taxable", "TaxGroup", "Hidden", "SalesTaxRateList", "PurchaseTaxRateList", "MetaData", "Id"},
	},
	{
		Name: "TaxRate", Path: "taxrate", List: true, Filter: []string{"Name", "Description", "Active"},
		NotFilter: []string{"SyncToken", "RateValue", "AgencyRef", "DisplayType", "MetaData", "Id"},
	},
	{
		Name: "CompanyInfo", Path: "companyinfo", Filter: []string{"CompanyName"},
		NotFilter: []string{
			"SyncToken", "LegalName", "CompanyAddr", "CustomerCommunicationAddr", "LegalAddr", "Country", "Email", "WebAddr", "FiscalYearStartMonth",
			"SupportedLanguages", "NameValue", "CompanyStartDate", "MetaData", "Id",
		},
	},
	{Name: "Preferences", Path: "preferences", NotFilter: []string{
		"SyncToken", "SalesFormsPrefs", "AccountingInfoPrefs", "ProductAndServicesPrefs", "TaxPrefs",
		"CurrencyPrefs", "OtherPrefs", "VendorAndPurchasesPrefs", "TimeTrackingPrefs", "EmailMessagesPrefs", "MetaData", "Id",
	}},
}

var personFields = []string{
	"SyncToken", "Title", "PrimaryPhone", "AlternatePhone", "Mobile", "Fax", "WebAddr", "BillAddr", "ShipAddr", "Notes", "Taxable", "DefaultTaxCodeRef",
	"SalesTermRef", "PaymentMethodRef", "PreferredDeliveryMethod", "ResaleNum", "BillWithParent", "Level", "CurrencyRef", "OpenBalanceDate", "ClassRef", "IsProject",
	"PrimaryAddr", "PrimaryEmailAddr", "TermRef", "AcctNum", "Vendor1099", "TaxIdentifier", "PrimaryTaxIdentifier", "TaxExemptionReasonId", "ClientEntityId",
	"CustomerTypeRef", "ARAccountRef", "Source", "V4IDPseudonym", "MetaData", "sparse", "domain", "Id", "DisplayName", "FullyQualifiedName", "CompanyName", "GivenName",
	"MiddleName", "FamilyName", "Suffix", "PrintOnCheckName", "Active", "Balance", "BalanceWithJobs", "Job", "ParentRef",
}

// Entities lists what the stand-in has.
func Entities() []Entity { return slices.Clone(entities) }

// EntityNamed finds an entity by the word in statements, in any case.
func EntityNamed(name string) (Entity, bool) {
	return find(func(e Entity) bool { return strings.EqualFold(e.Name, name) })
}

// EntityAt finds an entity by the word in addresses, in any case.
func EntityAt(path string) (Entity, bool) {
	return find(func(e Entity) bool { return strings.EqualFold(e.Path, path) })
}

func find(is func(Entity) bool) (Entity, bool) {
	if i := slices.IndexFunc(entities, is); i >= 0 {
		return entities[i], true
	}
	return Entity{}, false
}

// unsortable can be asked about, but not sorted by (Intuit API reference:
// attributes marked filterable, and not sortable).
var unsortable = []string{"CustomerRef", "SalesTermRef", "ProjectRef", "PrimaryEmailAddr", "Sku"}

// filterable tells whether a statement may ask about a property, and whether
// the entity has it at all. The case of a property does not matter.
func (e Entity) filterable(field string) (name string, may, known bool) {
	for _, set := range [][]string{everywhere, e.Filter} {
		for _, f := range set {
			if strings.EqualFold(f, field) {
				return f, true, true
			}
		}
	}
	first, _, _ := strings.Cut(field, ".")
	for _, f := range e.NotFilter {
		if strings.EqualFold(f, first) {
			return f, false, true
		}
	}
	return field, false, false
}

// has tells whether a body may have a property.
func (e Entity) has(property string) bool {
	return slices.Contains(e.NotFilter, property) || slices.Contains(e.Filter, property)
}
