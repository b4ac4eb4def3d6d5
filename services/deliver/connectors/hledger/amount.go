package hledger

import (
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// write gives an amount in the books' commodity: "$-12.50", "12.50 EUR".
func (c *Config) write(amount decimal.Decimal) string {
	places := max(2, -amount.Exponent())
	number := amount.StringFixed(places)
	if isSymbol(c.Commodity) {
		return c.Commodity + number
	}
	return number + " " + c.Commodity
}

// One number with a sign and a commodity on either side; the sign may stand
// before or behind the commodity.
var amountForm = regexp.MustCompile(`^([-+]?)\s*("[^"]*"|[^-+0-9.,\s"]*)\s*([-+]?)\s*([0-9][0-9.,]*|[.,][0-9]+)\s*("[^"]*"|[^-+0-9.,\s"]*)$`)

// readAmount reads an amount that a person or hledger may have written. ok is
// false for what it is not sure of: other commodities, prices, or "1,000",
// which is a thousand in some books and one in others.
func (c *Config) readAmount(s string) (amount decimal.Decimal, ok bool) {
	m := amountForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || (m[1] != "" && m[3] != "") {
		return decimal.Zero, false
	}
	left, right := strings.Trim(m[2], `"`), strings.Trim(m[5], `"`)
	if left != "" && right != "" {
		return decimal.Zero, false
	}
	if symbol := left + right; symbol != c.Commodity && symbol != c.Currency {
		return decimal.Zero, false
	}
	amount, ok = readNumber(m[4])
	if m[1] == "-" || m[3] == "-" {
		amount = amount.Neg()
	}
	return amount, ok
}

func readNumber(s string) (decimal.Decimal, bool) {
	dot, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	switch {
	case dot >= 0 && comma >= 0 && dot > comma:
		s = strings.ReplaceAll(s, ",", "")
	case dot >= 0 && comma >= 0:
		s = strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
	case comma >= 0 && len(s)-comma-1 == 3:
		return decimal.Zero, false
	case comma >= 0:
		s = strings.Replace(s, ",", ".", 1)
	}
	if strings.Count(s, ".") > 1 || strings.Contains(s, ",") {
		return decimal.Zero, false
	}
	d, err := decimal.NewFromString(strings.TrimSuffix(s, "."))
	return d, err == nil
}
