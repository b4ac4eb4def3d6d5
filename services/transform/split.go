package transform

import (
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	"github.com/tradepost/tradepost/services/transform/internal/check"
	"github.com/tradepost/tradepost/services/transform/internal/mapit"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// part is what becomes one document: an invoice, or one half of a split.
type part struct {
	inv      *normalise.Invoice
	resolved mapit.Resolved
	sums     check.Reckoning
}

// parts divides an invoice whose lines have both signs, where the mapping says so:
// the charges first, then the credits. Lines over nothing go with the charges.
func (in Input) parts(inv *normalise.Invoice, resolved mapit.Resolved, sums check.Reckoning, exponent int32) []part {
	whole := []part{{inv, resolved, sums}}
	if !in.splits(inv) {
		return whole
	}
	charges, credits := half(inv, resolved, false), half(inv, resolved, true)
	charges.sums.TaxFrom, credits.sums.TaxFrom = sums.TaxFrom, sums.TaxFrom
	charges.sums.Tax, credits.sums.Tax = taxShares(inv, sums, charges.sums.TaxableBase, exponent)
	for _, p := range []*part{&charges, &credits} {
		p.sums.Total = p.sums.Lines.Add(p.sums.Tax)
		if p.sums.TaxableBase.IsZero() {
			p.sums.TaxFrom = ""
		}
	}
	return []part{charges, credits}
}

// splits tells whether the invoice becomes two documents.
func (in Input) splits(inv *normalise.Invoice) bool {
	return in.Mapping.Policy.Mixed == mapping.MixedSplit && mapit.Mixed(inv)
}

// half takes the lines of one sign.
func half(inv *normalise.Invoice, resolved mapit.Resolved, negative bool) part {
	p := part{inv: new(*inv), resolved: resolved}
	p.inv.Lines, p.resolved.Lines = nil, nil
	for i, l := range inv.Lines {
		if (l.Amount.Sign() < 0) != negative {
			continue
		}
		p.inv.Lines = append(p.inv.Lines, l)
		p.resolved.Lines = append(p.resolved.Lines, resolved.Lines[i])
		p.sums.Lines = p.sums.Lines.Add(l.Amount)
		if l.Taxable {
			p.sums.TaxableBase = p.sums.TaxableBase.Add(l.Amount)
		}
	}
	return p
}

// taxShares divides the sales tax between charges and credits: by ServiceTrade's
// rate where it shows one, else in proportion to their taxable lines. Together they
// are the tax that was billed, to the cent.
func taxShares(inv *normalise.Invoice, sums check.Reckoning, charges money.Amount, exponent int32) (ofCharges, ofCredits money.Amount) {
	switch {
	case charges.Equal(sums.TaxableBase):
		ofCharges = sums.Tax
	case charges.IsZero():
	case inv.TaxRate.OK:
		ofCharges = charges.Mul(inv.TaxRate.Value).Mul(money.FromInt(1, 2)).RoundHalfUp(exponent)
	case !sums.TaxableBase.IsZero():
		ofCharges = sums.Tax.Share(charges, sums.TaxableBase, exponent)
	}
	return ofCharges, sums.Tax.Sub(ofCharges)
}
