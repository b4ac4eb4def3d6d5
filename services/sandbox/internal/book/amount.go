package book

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is a decimal number that is written to JSON as a bare number with
// exactly its own digits, as ServiceTrade writes money, prices and quantities.
// It never passes through a float.
type Amount struct{ decimal.Decimal }

// NewAmount parses a decimal literal such as "125.0050". It is meant for
// constants: a literal that is no number gives zero.
func NewAmount(literal string) Amount {
	d, err := decimal.NewFromString(literal)
	if err != nil {
		return Amount{}
	}
	return Amount{d}
}

// ParseAmount parses a decimal literal from outside. Exponents are refused
// beyond 12 digits either way, since 1e999999999 would take all memory.
func ParseAmount(literal string) (Amount, error) {
	literal = strings.TrimSpace(literal)
	if len(literal) > 40 {
		return Amount{}, fmt.Errorf("read the number %.20s…: longer than 40 characters", literal)
	}
	d, err := decimal.NewFromString(literal)
	if err != nil {
		return Amount{}, fmt.Errorf("read the number %q: %w", literal, err)
	}
	if d.Exponent() < -12 || d.Exponent() > 12 {
		return Amount{}, fmt.Errorf("read the number %q: out of range", literal)
	}
	return Amount{d}, nil
}

// MarshalJSON writes the number without quotes and without trailing zeros.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalJSON reads a number, or a string that holds one.
func (a *Amount) UnmarshalJSON(b []byte) error {
	parsed, err := ParseAmount(strings.Trim(string(b), `"`))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Money writes the amount with two decimals, for people.
func (a Amount) Money() string { return a.StringFixed(2) }

// Extend is quantity times price, rounded half up to the cent. ServiceTrade's
// own rounding is not documented; this is what the book's totals are made with.
func Extend(quantity, price Amount) Amount {
	return Amount{quantity.Mul(price.Decimal).Round(2)}
}

// Sum adds the extended lines.
func Sum(lines []Line) Amount {
	total := decimal.Zero
	for _, l := range lines {
		total = total.Add(Extend(l.Quantity, l.Price).Decimal)
	}
	return Amount{total}
}
