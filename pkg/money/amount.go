// Package money has amounts of money and the quantities and prices that they are
// made of: exact decimals read from the text that ServiceTrade wrote, never
// floating point.
package money

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// Bounds on a number from outside, so that one invoice cannot make arithmetic
// take for ever.
const (
	MaxIntegerDigits  = 15
	MaxFractionDigits = 12
)

// Amount is an exact decimal number. The zero value is 0.
type Amount struct{ d decimal.Decimal }

// Zero is no money.
var Zero = Amount{}

// grammar is that of a JSON number, with zeros allowed in front. The exponent is
// there because PHP, which ServiceTrade runs on, writes 0.00001 as 1.0e-5.
var grammar = regexp.MustCompile(`^-?[0-9]{1,40}([.][0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)

var (
	tooLarge = decimal.New(1, MaxIntegerDigits)
	errRange = fmt.Errorf("more than %d digits before or %d behind the point", MaxIntegerDigits, MaxFractionDigits)
)

// Parse reads a number as it stands in a JSON answer or a message. Thousands
// separators, plus signs, NaN and infinities are refused, and so is what has
// more digits than any invoice.
func Parse(text string) (Amount, error) {
	if !grammar.MatchString(text) {
		return Amount{}, fmt.Errorf("%.60q is not a decimal number", text)
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return Amount{}, fmt.Errorf("read the number %.60q: %w", text, err)
	}
	if d.Abs().GreaterThanOrEqual(tooLarge) || !d.Equal(d.Truncate(MaxFractionDigits)) {
		return Amount{}, fmt.Errorf("read the number %.60q: %w", text, errRange)
	}
	return Amount{d}, nil
}

// WhyNot says in a few words why Parse refuses text, for a person who has to correct
// it; "" when it does not.
func WhyNot(text string) string {
	_, err := Parse(text)
	if err == nil {
		return ""
	}
	d, wrong := decimal.NewFromString(text)
	switch {
	case !errors.Is(err, errRange) || wrong != nil:
		return "not a number"
	case d.Abs().GreaterThanOrEqual(tooLarge):
		return fmt.Sprintf("too large: more than %d digits before the point", MaxIntegerDigits)
	default:
		return fmt.Sprintf("too precise: more than %d digits behind the point", MaxFractionDigits)
	}
}

// FromInt returns units·10^-exponent: FromInt(1999, 2) is 19.99.
func FromInt(units int64, exponent int32) Amount { return Amount{decimal.New(units, -exponent)} }

// Add returns a + b.
func (a Amount) Add(b Amount) Amount { return Amount{a.d.Add(b.d)} }

// Sub returns a - b.
func (a Amount) Sub(b Amount) Amount { return Amount{a.d.Sub(b.d)} }

// Mul returns a times b, exactly.
func (a Amount) Mul(b Amount) Amount { return Amount{a.d.Mul(b.d)} }

// Neg returns -a.
func (a Amount) Neg() Amount { return Amount{a.d.Neg()} }

// Abs returns a without its sign.
func (a Amount) Abs() Amount { return Amount{a.d.Abs()} }

// Sign is -1, 0 or 1.
func (a Amount) Sign() int { return a.d.Sign() }

// IsZero tells whether a is 0.
func (a Amount) IsZero() bool { return a.d.IsZero() }

// Cmp is -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Amount) Cmp(b Amount) int { return a.d.Cmp(b.d) }

// Equal tells whether a and b are the same number: 1.5 equals 1.50.
func (a Amount) Equal(b Amount) bool { return a.d.Equal(b.d) }

// Fits tells whether a has at most exponent digits behind the point, zeros at
// the end not counted.
func (a Amount) Fits(exponent int32) bool { return a.d.Equal(a.d.Truncate(exponent)) }

// String writes a with as many digits as it needs: no zeros at the end, no
// exponent, never "-0".
func (a Amount) String() string {
	s := a.d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Fixed writes a with exactly exponent digits behind the point, the way an
// amount of a currency with that exponent is written. It rounds half up where a
// has more; Round first where that matters.
func (a Amount) Fixed(exponent int32) string {
	return a.RoundHalfUp(exponent).d.StringFixed(exponent)
}

// Sum adds up amounts.
func Sum(amounts ...Amount) Amount {
	total := Zero
	for _, a := range amounts {
		total = total.Add(a)
	}
	return total
}
