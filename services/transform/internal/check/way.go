package check

import (
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// way is one way to come from a rate and taxable lines to a tax in whole cents.
type way struct {
	// even rounds half to the even neighbour, and not away from zero.
	even bool
	// perLine rounds the tax of each line, and not the tax of their sum.
	perLine bool
	// exact takes quantity x price, and not the line's rounded amount: where only the
	// document is rounded, no line has an amount of its own in ServiceTrade.
	exact bool
}

// wayOf is the mapping's own way.
func wayOf(r mapping.Rounding) way {
	return way{even: r.Mode == mapping.RoundHalfEven, perLine: r.Tax == mapping.RoundLine, exact: r.Of == mapping.RoundDocument}
}

// waysFrom lists the ways that a stated tax may have been rounded in, own first. A
// tax that none of them comes to is not the rate on the taxable lines.
func waysFrom(own way) []way {
	ways := []way{own}
	for i := range 8 {
		if w := (way{even: i&1 != 0, perLine: i&2 != 0, exact: i&4 != 0}); w != own {
			ways = append(ways, w)
		}
	}
	return ways
}

// unrounded is rate percent of a line's amount; zero for a line that is not taxable.
func (w way) unrounded(rate money.Amount, l normalise.Line) money.Amount {
	if !l.Taxable {
		return money.Zero
	}
	base := l.Amount
	if w.exact {
		base = l.Exact
	}
	return base.Mul(rate).Mul(money.FromInt(1, 2))
}

// taxOn is the tax of the taxable lines among lines: in whole cents where each line is
// rounded, and unrounded where only the sum of all is.
func (w way) taxOn(rate money.Amount, lines []normalise.Line, exponent int32) money.Amount {
	sum := money.Zero
	for _, l := range lines {
		tax := w.unrounded(rate, l)
		if w.perLine {
			tax = tax.Round(exponent, w.even)
		}
		sum = sum.Add(tax)
	}
	return sum
}

// tax is the tax of lines in whole cents.
func (w way) tax(rate money.Amount, lines []normalise.Line, exponent int32) money.Amount {
	return w.taxOn(rate, lines, exponent).Round(exponent, w.even)
}
