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
	charges, credits := half(inv, resolved, sums, false), half(inv, resolved, sums, true)
	charges.sums.Tax, credits.sums.Tax = taxShares(charges, sums, exponent)
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
func half(inv *normalise.Invoice, resolved mapit.Resolved, sums check.Reckoning, negative bool) part {
	p := part{inv: new(*inv), resolved: resolved, sums: sums}
	p.sums.Lines, p.sums.TaxableBase = money.Zero, money.Zero
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

// taxShares divides the sales tax between charges and credits: by ServiceTrade's rate
// and rounded as the whole tax where it shows one, else in proportion to their taxable
// lines. Together they are the tax that was billed, to the cent.
func taxShares(charges part, sums check.Reckoning, exponent int32) (ofCharges, ofCredits money.Amount) {
	base := charges.sums.TaxableBase
	byRate, rated := sums.TaxOf(charges.inv.Lines, exponent)
	switch {
	case sums.TaxFrom == "":
		return money.Zero, money.Zero // No tax was billed, whatever the rate.
	case base.Equal(sums.TaxableBase):
		ofCharges = sums.Tax
	case base.IsZero():
	case rated:
		ofCharges = byRate
	case !sums.TaxableBase.IsZero():
		ofCharges = sums.Tax.Share(base, sums.TaxableBase, exponent)
	}
	return ofCharges, sums.Tax.Sub(ofCharges)
}
