package tryton

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// object is a value of Tryton's JSON-RPC that has named parts: the values of a record
// to write, a context, a decimal.
type object = map[string]any

// list is a value that has parts in an order: a domain, a command for related records.
type list = []any

// decimalValue is an amount on its way to Tryton.
func decimalValue(d decimal.Decimal) object {
	return object{"__class__": "Decimal", "decimal": d.String()}
}

// dateValue is a day, YYYY-MM-DD, on its way to Tryton; nil for "" and for what is no day.
func dateValue(day string) any {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	return object{"__class__": "date", "year": t.Year(), "month": int(t.Month()), "day": t.Day()}
}

// amount is a decimal of Tryton; zero where it has none.
type amount struct{ decimal.Decimal }

// UnmarshalJSON reads {"__class__": "Decimal", "decimal": "1.00"} or null.
func (a *amount) UnmarshalJSON(raw []byte) error {
	var v *struct {
		Class   string `json:"__class__"`
		Decimal string `json:"decimal"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("read an amount: %w", err)
	}
	*a = amount{}
	if v == nil {
		return nil
	}
	if v.Class != "Decimal" {
		return fmt.Errorf("read an amount: %s is no decimal", raw)
	}
	d, err := decimal.NewFromString(v.Decimal)
	if err != nil {
		return fmt.Errorf("read an amount: %w", err)
	}
	a.Decimal = d
	return nil
}

// moment is a date of Tryton, YYYY-MM-DD, or a time to the microsecond; "" for none.
type moment string

// UnmarshalJSON reads a date, a datetime or null.
func (m *moment) UnmarshalJSON(raw []byte) error {
	var v *struct {
		Class                                               string `json:"__class__"`
		Year, Month, Day, Hour, Minute, Second, Microsecond int
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("read a date: %w", err)
	}
	switch {
	case v == nil:
		*m = ""
	case v.Class == "date":
		*m = moment(fmt.Sprintf("%04d-%02d-%02d", v.Year, v.Month, v.Day))
	case v.Class == "datetime":
		*m = moment(fmt.Sprintf("%04d%02d%02d%02d%02d%02d%06d", v.Year, v.Month, v.Day, v.Hour, v.Minute, v.Second, v.Microsecond))
	default:
		return fmt.Errorf("read a date: %s is none", raw)
	}
	return nil
}

// yes is a Boolean of Tryton, which an SQLite database answers as 0 and 1.
type yes bool

// UnmarshalJSON reads true, false, a number or null.
func (y *yes) UnmarshalJSON(raw []byte) error {
	switch strings.TrimSpace(string(raw)) {
	case "true", "1":
		*y = true
	case "false", "0", "null":
		*y = false
	default:
		return fmt.Errorf("read a yes or no: %s is neither", raw)
	}
	return nil
}
