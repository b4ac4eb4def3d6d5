package books

import (
	"reflect"
	"strings"
)

// addresses fills in what a sale leaves out from its customer, and shows an address
// that an update changed as QuickBooks does: with the names of the customer in the
// first two lines, and all the rest as free lines behind them (Intuit API
// reference, Invoice.BillAddr and Invoice.ShipAddr, "after update"). The place
// stays known for automated sales tax.
func (c *Company) addresses(doc, old, customer Object) *Fault {
	for _, name := range []string{"BillAddr", "ShipAddr"} {
		given, _ := doc[name].(Object)
		before, _ := old[name].(Object)
		switch {
		case given == nil && customer[name] != nil:
			doc[name] = c.addressWithID(customer[name].(Object))
		case given == nil:
		case old == nil:
			doc[name] = c.addressWithID(given)
		case !sameAddress(given, before):
			doc[name] = c.addressWithID(freeLines(given, customer))
			if name == "ShipAddr" {
				c.places[Text(old, "Id")] = given
			}
		default:
			doc[name] = before
		}
	}
	return nil
}

// addressWithID gives an address its id.
func (c *Company) addressWithID(a Object) Object {
	a = clone(a)
	c.sequence["address"]++
	a["Id"] = itoa(c.sequence["address"])
	return a
}

func sameAddress(a, b Object) bool {
	a, b = clone(a), clone(b)
	delete(a, "Id")
	delete(b, "Id")
	return reflect.DeepEqual(a, b)
}

// freeLines is how an address looks after an update.
func freeLines(a, customer Object) Object {
	name := strings.TrimSpace(Text(customer, "GivenName") + " " + Text(customer, "FamilyName"))
	if name == "" {
		name = Text(customer, "DisplayName")
	}
	lines := []string{name}
	if company := Text(customer, "CompanyName"); company != "" {
		lines = append(lines, company)
	}
	for _, line := range []string{"Line1", "Line2", "Line3", "Line4", "Line5"} {
		if s := Text(a, line); s != "" {
			lines = append(lines, s)
		}
	}
	place := strings.TrimSpace(Text(a, "CountrySubDivisionCode") + "  " + Text(a, "PostalCode"))
	if city := Text(a, "City"); city != "" {
		place = strings.TrimSuffix(city+", "+place, ", ")
	}
	if place != "" {
		lines = append(lines, place)
	}
	out := Object{}
	for i, line := range lines[:min(len(lines), 5)] {
		out["Line"+itoa(i+1)] = line
	}
	return out
}
