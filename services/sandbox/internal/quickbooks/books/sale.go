package books

import (
	"net/mail"
	"regexp"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

func itoa(n int) string { return strconv.Itoa(n) }

// saleLimits are the maximum lengths of a sale (Finance.xsd of Intuit's SDKs).
var saleLimits = []limit{
	{"DocNumber", 21},
	{"PrivateNote", 4000},
	{"CustomerMemo", 1000},
	{"BillEmail", 100},
	{"TrackingNum", 31},
	{"PONumber", 15},
	{"BillAddr.Line1", 500},
	{"BillAddr.Line2", 500},
	{"BillAddr.City", 255},
	{"BillAddr.CountrySubDivisionCode", 255},
	{"BillAddr.PostalCode", 30},
	{"ShipAddr.Line1", 500},
	{"ShipAddr.Line2", 500},
	{"ShipAddr.City", 255},
	{"ShipAddr.CountrySubDivisionCode", 255},
	{"ShipAddr.PostalCode", 30},
}

// sale checks and completes an invoice or a credit memo (Intuit API reference,
// Invoice and CreditMemo). The lock is held.
func (c *Company) sale(e Entity, doc, old Object, o Options) (Object, *Fault) {
	if c.deposits[Text(old, "Id")] {
		return nil, deposited()
	}
	for _, step := range []func(Entity, Object, Object, Options) *Fault{
		c.saleHead, c.saleDates, c.saleRefs, c.saleLines, c.saleFields, c.saleTotals, c.saleNumber,
	} {
		if f := step(e, doc, old, o); f != nil {
			return nil, f
		}
	}
	return doc, nil
}

func (c *Company) saleHead(_ Entity, doc, old Object, _ Options) *Fault {
	if f := checkLimits(doc, saleLimits); f != nil {
		return f
	}
	if m, ok := doc["CustomerMemo"]; ok {
		if memo, isObject := m.(Object); !isObject || memo["value"] == nil {
			return unknownProperty("CustomerMemo")
		}
	}
	id := Ref(doc, "CustomerRef")
	if id == "" {
		return missing("CustomerRef")
	}
	customer := c.get("Customer", id)
	switch {
	case customer == nil:
		return badReference("Names", id)
	case !Flag(customer, "Active"):
		return inactive()
	}
	doc["CustomerRef"] = reference(id, Text(customer, "DisplayName"))
	if f := c.addresses(doc, old, customer); f != nil {
		return f
	}
	if doc["BillEmail"] == nil && customer["PrimaryEmailAddr"] != nil {
		doc["BillEmail"] = customer["PrimaryEmailAddr"]
	}
	return c.mailStatus(doc)
}

// mailStatus wants an address where mail is to be sent (Intuit API reference,
// Invoice.BillEmail). An address that is none is accepted and never mailed to
// (Finance.xsd, BillEmail).
func (c *Company) mailStatus(doc Object) *Fault {
	if Text(doc, "EmailStatus") != "NeedToSend" {
		doc["EmailStatus"] = "NotSet"
		return nil
	}
	address, _ := At(doc, "BillEmail").(string)
	if address == "" {
		return missing("BillEmail")
	}
	if _, err := mail.ParseAddress(address); err != nil {
		doc["EmailStatus"] = "NotSet"
	}
	return nil
}

// saleDates puts the server's date where one is missing, and the date of the
// terms where the due date is (Finance.xsd, TxnDate and DueDate).
func (c *Company) saleDates(e Entity, doc, old Object, _ Options) *Fault {
	for _, name := range []string{"TxnDate", "DueDate", "ShipDate"} {
		if f := checkDate(doc, name); f != nil {
			return f
		}
	}
	if Text(doc, "TxnDate") == "" {
		doc["TxnDate"] = c.today()
	}
	for _, o := range []Object{doc, old} {
		if f := c.closed(o); f != nil {
			return f
		}
	}
	if e.Name != "Invoice" {
		return nil
	}
	id := Ref(doc, "SalesTermRef")
	due := Text(doc, "TxnDate")
	if id != "" {
		term := c.get("Term", id)
		switch {
		case term == nil:
			return badReference("Term", id)
		case !Flag(term, "Active"):
			return inactive()
		}
		doc["SalesTermRef"] = reference(id, Text(term, "Name"))
		if days, ok := number(term, "DueDays"); ok {
			due = addDays(due, int(days.IntPart()))
		}
	}
	if Text(doc, "DueDate") == "" {
		doc["DueDate"] = due
	}
	return nil
}

func addDays(date string, days int) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil { // checked before
		return date
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

var dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

// checkDate is code 2060 for what is no date, and 2070 for a day that the calendar
// does not have (Intuit error code list).
func checkDate(doc Object, name string) *Fault {
	if doc[name] == nil {
		return nil
	}
	s := Text(doc, name)
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err == nil && t.Year() > 1899:
		return nil
	case dateShape.MatchString(s):
		return refuse("2070", "Invalid Date", "The date value must be a valid value. Supplied value:"+s).on(name)
	}
	return refuse("2060", "Invalid Date Format", "The date format is not valid. Supplied value:"+s).on(name)
}

// closed refuses a date in the closed books: 6200, or 6210 when a password is
// wanted (Intuit documentation, "Handling common errors", 6210, and error code
// list). An empty date is none.
func (c *Company) closed(doc Object) *Fault {
	date := Text(doc, "TxnDate")
	if date == "" || c.settings.ClosedThrough == "" || date > c.settings.ClosedThrough || c.isAdmitted(doc) {
		return nil
	}
	if c.settings.ClosedPassword {
		return refuse("6210", "Account Period Closed, Cannot Update Through Services API",
			"The account period has closed and the account books cannot be updated through through the QBO Services API. Please use the QBO website to make these changes.")
	}
	return refuse("6200", "Account Period Closed", "The account period has closed. You cannot add or change transactions dated on or before "+c.settings.ClosedThrough+".")
}

// saleRefs checks class, location and currency (Intuit API reference, Invoice;
// error code list, 5030 where the feature is off).
func (c *Company) saleRefs(_ Entity, doc, _ Object, _ Options) *Fault {
	if Ref(doc, "ClassRef") != "" && !c.settings.ClassPerTxn {
		return notEnabled("Class tracking for each transaction")
	}
	if Ref(doc, "DepartmentRef") != "" && !c.settings.Departments {
		return notEnabled("Location tracking")
	}
	for name, entity := range map[string]string{"ClassRef": "Class", "DepartmentRef": "Department"} {
		if f := c.refer(doc, name, entity); f != nil {
			return f
		}
	}
	currency := Ref(doc, "CurrencyRef")
	if currency != "" && currency != "USD" && !c.settings.MultiCurrency {
		return business("Multi currency should be enabled to perform this operation")
	}
	if currency == "" {
		currency = "USD"
	}
	doc["CurrencyRef"] = reference(currency, map[string]string{"USD": "United States Dollar"}[currency])
	if doc["GlobalTaxCalculation"] != nil { // for companies outside of the US
		delete(doc, "GlobalTaxCalculation")
	}
	return nil
}

// refer checks a reference to a list and fills in its name.
func (c *Company) refer(doc Object, name, entity string) *Fault {
	id := Ref(doc, name)
	if id == "" {
		return nil
	}
	found := c.get(entity, id)
	switch {
	case found == nil:
		return badReference(entity, id)
	case found["Active"] != nil && !Flag(found, "Active"):
		return inactive()
	}
	shown := Text(found, "FullyQualifiedName")
	if shown == "" {
		shown = Text(found, "Name")
	}
	doc[name] = reference(id, shown)
	return nil
}

// round2 rounds to cents, half away from zero.
func round2(d decimal.Decimal) decimal.Decimal { return d.Round(2) }
