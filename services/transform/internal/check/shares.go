package check

import (
	"github.com/tradepost/tradepost/pkg/money"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// TaxOf is the tax of some of the invoice's lines, in whole cents and rounded as the
// whole tax was; false where ServiceTrade shows no rate, so that nobody can say.
func (r Reckoning) TaxOf(lines []normalise.Line, exponent int32) (money.Amount, bool) {
	if !r.rated {
		return money.Zero, false
	}
	return r.way.tax(r.rate, lines, exponent), true
}

// Shares divides Tax over groups of the taxable lines. Together they are Tax, to the
// cent. By the rate where ServiceTrade shows one; else in proportion to the groups'
// amounts. It returns false where there is no rate and the groups have both signs: a
// rounded tax on what is left of charges and credits says nothing of either.
func (r Reckoning) Shares(groups [][]normalise.Line, exponent int32) ([]money.Amount, bool) {
	if shares := r.ratedShares(groups, exponent); shares != nil {
		rest := r.Tax.Sub(money.Sum(shares...))
		if rest.IsZero() {
			return shares, true
		}
		if !r.off.IsZero() && rest.Abs().Cmp(r.tolerance) <= 0 {
			// The rate alone says what is whose; the cents beyond it go where they weigh least.
			i := largest(shares)
			shares[i] = shares[i].Add(rest)
			return shares, true
		}
	}
	weights, sign := make([]money.Amount, len(groups)), 0
	for i, g := range groups {
		for _, l := range g {
			weights[i] = weights[i].Add(l.Amount)
		}
		if sign == 0 {
			sign = weights[i].Sign()
		}
		if weights[i].Sign()*sign < 0 {
			return nil, false
		}
		weights[i] = weights[i].Abs()
	}
	shares, err := r.Tax.Allocate(weights, exponent)
	return shares, err == nil
}

// largest is the place of the largest amount, whatever its sign; the first of several.
func largest(all []money.Amount) (at int) {
	for i, a := range all {
		if a.Abs().Cmp(all[at].Abs()) > 0 {
			at = i
		}
	}
	return at
}

func (r Reckoning) ratedShares(groups [][]normalise.Line, exponent int32) []money.Amount {
	if !r.rated {
		return nil
	}
	taxes := make([]money.Amount, len(groups))
	for i, g := range groups {
		taxes[i] = r.way.taxOn(r.rate, g, exponent)
	}
	if r.way.perLine {
		return taxes
	}
	return money.Spread(taxes, exponent, r.way.even)
}
