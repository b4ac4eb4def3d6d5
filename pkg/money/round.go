package money

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// RoundHalfUp rounds to exponent digits behind the point; a half goes away from
// zero, as people do it: 0.125 -> 0.13, -0.125 -> -0.13.
func (a Amount) RoundHalfUp(exponent int32) Amount { return Amount{a.d.Round(exponent)} }

// RoundHalfEven rounds to exponent digits behind the point; a half goes to the
// even neighbour: 0.125 -> 0.12, 0.135 -> 0.14. Only for systems that compute so.
func (a Amount) RoundHalfEven(exponent int32) Amount { return Amount{a.d.RoundBank(exponent)} }

// Round rounds to exponent digits behind the point; even says that half goes to the
// even neighbour, and not away from zero.
func (a Amount) Round(exponent int32, even bool) Amount {
	if even {
		return a.RoundHalfEven(exponent)
	}
	return a.RoundHalfUp(exponent)
}

// Spread rounds amounts so that they add up to their rounded sum: each is rounded
// down, and the units that are left over go to the largest remainders, the earlier
// amount first where they are equal. None moves by a whole unit.
func Spread(amounts []Amount, exponent int32, even bool) []Amount {
	sum := Zero
	parts := make([]Amount, len(amounts))
	remainders := make([]decimal.Decimal, len(amounts))
	left := Zero
	for i, a := range amounts {
		sum = sum.Add(a)
		parts[i] = Amount{a.d.RoundFloor(exponent)}
		remainders[i] = a.d.Sub(parts[i].d)
		left = left.Sub(parts[i])
	}
	left = left.Add(sum.Round(exponent, even))
	unit := FromInt(1, exponent)
	for _, i := range byRemainder(remainders)[:left.d.Shift(exponent).IntPart()] {
		parts[i] = parts[i].Add(unit)
	}
	return parts
}

// Share is a x of / whole, rounded half up to exponent digits behind the point. whole
// must not be zero.
func (a Amount) Share(of, whole Amount, exponent int32) Amount {
	return Amount{a.d.Mul(of.d).DivRound(whole.d, exponent)}
}

// Allocate splits a into parts in proportion to weights, each with at most
// exponent digits behind the point, so that the parts add up to a exactly. What
// rounding leaves over goes to the largest remainders, the earlier part first
// where they are equal. It refuses weights that are negative or all zero, and an
// amount with more digits than exponent.
func (a Amount) Allocate(weights []Amount, exponent int32) ([]Amount, error) {
	total := Sum(weights...)
	if total.Sign() <= 0 || slices.ContainsFunc(weights, func(w Amount) bool { return w.Sign() < 0 }) {
		return nil, fmt.Errorf("cannot split %s: the weights have to be positive", a)
	}
	if !a.Fits(exponent) {
		return nil, fmt.Errorf("cannot split %s: it has more than %d digits behind the point", a, exponent)
	}
	units := a.d.Abs().Shift(exponent)
	parts := make([]decimal.Decimal, len(weights))
	remainders := make([]decimal.Decimal, len(weights))
	left := units
	for i, w := range weights {
		parts[i], remainders[i] = units.Mul(w.d).QuoRem(total.d, 0)
		left = left.Sub(parts[i])
	}
	for _, i := range byRemainder(remainders)[:left.IntPart()] {
		parts[i] = parts[i].Add(decimal.NewFromInt(1))
	}
	result := make([]Amount, len(parts))
	for i, p := range parts {
		result[i] = Amount{p.Shift(-exponent)}
		if a.Sign() < 0 {
			result[i] = result[i].Neg()
		}
	}
	return result, nil
}

// byRemainder lists the positions with the largest remainder first.
func byRemainder(remainders []decimal.Decimal) []int {
	order := make([]int, len(remainders))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return remainders[y].Cmp(remainders[x]) })
	return order
}
