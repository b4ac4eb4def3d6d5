package money

import (
	"maps"
	"slices"
)

// exponents are the digits behind the point of each currency (ISO 4217).
var exponents = map[string]int32{
	"AUD": 2, "CAD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3, "MXN": 2, "NZD": 2, "USD": 2,
}

// Exponent is the number of digits behind the point of a currency, by its ISO
// 4217 code; false when the currency is not known here.
func Exponent(currency string) (int32, bool) {
	e, ok := exponents[currency]
	return e, ok
}

// Currencies lists the currencies that are known here, in alphabetical order.
func Currencies() []string { return slices.Sorted(maps.Keys(exponents)) }
