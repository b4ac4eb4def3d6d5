package books

import (
	"encoding/json"
	"slices"
	"strings"
)

// shapes refuses a property that is text where an object is wanted, and the like:
// the API cannot read such a body (Intuit error code list, 2010), nor a number of
// any size (2090).
func shapes(o Object) *Fault {
	for name, v := range o {
		if !fits(name, v) {
			return unknownProperty(name)
		}
		if n, isNumber := v.(json.Number); isNumber {
			if _, ok := parse(n.String()); !ok {
				return refuse("2090", "Invalid Number", "The number is not supported. Supplied value:"+n.String()[:min(len(n), 40)]).on(name)
			}
		}
		if f := inner(v); f != nil {
			return f
		}
	}
	return nil
}

func inner(v any) *Fault {
	switch v := v.(type) {
	case Object:
		return shapes(v)
	case []any:
		for _, one := range v {
			if f := inner(one); f != nil {
				return f
			}
		}
	}
	return nil
}

var (
	listNames    = []string{"Line", "CustomField", "LinkedTxn", "TaxLine"}
	objectNames  = []string{"CustomerMemo", "Mobile", "Fax", "DeliveryInfo", "MetaData", "CreditCardPayment", "BillEmailCc", "BillEmailBcc"}
	objectEnding = []string{"Ref", "Addr", "Detail", "Email", "Phone"}
)

// fits tells whether a value has the shape that its name asks for.
func fits(name string, v any) bool {
	ends := func(ending string) bool { return strings.HasSuffix(name, ending) }
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.Contains(listNames, name) && !slices.ContainsFunc(v, func(one any) bool { _, ok := one.(Object); return !ok })
	case Object:
		return slices.Contains(objectNames, name) || slices.ContainsFunc(objectEnding, ends)
	case json.Number, string, bool:
		return !slices.Contains(listNames, name) && !slices.Contains(objectNames, name) && !slices.ContainsFunc(objectEnding, ends)
	}
	return false
}
