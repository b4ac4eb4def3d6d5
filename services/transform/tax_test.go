package transform_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// What a split divides is rounded as the whole tax was: half even of each line, 5 % of
// 2.50 is 0.12 and 5 % of 1.00 taken back is 0.05.
func TestTheSharesOfASplitAreRoundedAsTheTax(t *testing.T) {
	in := goldenCase{}.input(t, base())
	in.Mapping = profile{"half_even", "line", "line"}.mapping(t, "split")
	withLines(in.Snapshot, "1.57", taxable(sold(1, "work", "1", "2.50", labor)), taxable(sold(2, "credit", "-1", "1.00", labor)))
	in.Snapshot.Invoice.TaxRate = "5"
	r := transform.Make(in)
	require.Empty(t, r.Faults)
	require.Equal(t, "0.12", r.Documents[0].GetTotals().GetTax())
	require.Equal(t, "0.05", r.Documents[1].GetTotals().GetTax())
}

// A rate without a tax that was billed gives the halves of a split none either.
func TestASplitWithoutTaxHasNoneWhateverTheRate(t *testing.T) {
	in := goldenCase{}.input(t, base())
	in.Mapping = profile{"half_even", "line", "line"}.mapping(t, "split")
	withLines(in.Snapshot, "0.00", taxable(sold(1, "work", "1", "100.00", labor)), taxable(sold(2, "credit", "-1", "100.00", labor)))
	in.Snapshot.Invoice.TaxRate, in.Snapshot.Invoice.Tax = "7.25", "0"
	r := transform.Make(in)
	require.Empty(t, r.Faults)
	require.Equal(t, "100.00", r.Documents[0].GetTotals().GetTotal())
	require.Equal(t, "100.00", r.Documents[1].GetTotals().GetTotal())
	require.Empty(t, r.Documents[0].GetTaxes())
}

// A tax that is stated posts only if it is the rate on the taxable lines, in whatever
// way ServiceTrade rounded it; any other amount is refused with both numbers.
func TestAStatedTaxIsTheRateOnTheTaxableLines(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 20261122))
	for _, p := range profiles() {
		in := goldenCase{}.input(t, nil)
		other := map[string]string{"line": "document", "document": "line"}[p.tax]
		in.Mapping = profile{p.mode, p.of, other}.mapping(t, "keep")
		for range 200 {
			s, total, tax := randomTaxed(random, p)
			s.Invoice.Tax = money(tax)
			in.Snapshot = s
			require.Empty(t, transform.Make(in).Faults, s.GetInvoice())

			wrong := big.NewInt(random.Int64N(10_000) + 100)
			s.Invoice.Tax, s.Invoice.TotalPrice = money(new(big.Int).Add(tax, wrong)), money(new(big.Int).Add(total, wrong))
			r := transform.Make(in)
			require.Empty(t, r.Documents)
			require.Contains(t, []string{"tax.rate_mismatch", "tax.nothing_taxable"}, r.Faults[0].GetCode())
		}
	}
}

// Several authorities each round their own tax, and ServiceTrade shows the sums: within
// the tolerance that the mapping sets every such invoice is posted, with the very tax
// that was charged, whole, split, or under several codes; without it a cent is too much.
func TestTaxesOfSeveralAuthoritiesKeepTheirAmount(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 20261122))
	p := profile{"half_up", "line", "document"}
	refused := 0
	for _, mixed := range []string{"keep", "split"} {
		for _, coded := range []bool{false, true} {
			exact, tolerant := goldenCase{}.input(t, nil), goldenCase{}.input(t, nil)
			exact.Mapping, tolerant.Mapping = p.mapping(t, mixed), p.mapping(t, mixed)
			if coded {
				tolerant.Mapping.Tax = mappingOf(t, "codes").Tax
			}
			for range 300 {
				authorities := 2 + random.IntN(4)
				s, tax := taxedBy(random, p, authorities)
				tolerant.Mapping.Tax.Tolerance = int64(authorities / 2)
				tolerant.Snapshot, exact.Snapshot = s, s
				r := transform.Make(tolerant)
				require.Empty(t, r.Faults, s.GetInvoice())
				checkSums(t, r, centsOf(s.GetInvoice().GetTotalPrice()), s)
				require.Equal(t, tax, taxesOf(r))
				if len(transform.Make(exact).Faults) > 0 {
					refused++
				}
			}
		}
	}
	require.Positive(t, refused, "no invoice was a cent off: the test tests nothing")
}

// taxedBy is an invoice that so many authorities tax, and its tax in cents.
func taxedBy(random *rand.Rand, p profile, authorities int) (*snapshot, *big.Int) {
	s, base := base(), new(big.Int)
	s.Invoice.Items = nil
	for i := range 1 + random.IntN(4) {
		price := big.NewInt(random.Int64N(60_000) - 20_000)
		base.Add(base, price)
		s.Invoice.Items = append(s.Invoice.Items, taxable(sold(int64(i+1), "work", "1", money(price), []*libItem{labor, filter}[random.IntN(2)])))
	}
	tax, rate := new(big.Int), new(big.Rat)
	for range authorities {
		own := big.NewRat(random.Int64N(160), 20) // in percent, by twentieths
		rate.Add(rate, own)
		tax.Add(tax, p.cents(new(big.Rat).Mul(own, new(big.Rat).SetFrac(base, big.NewInt(10_000)))))
	}
	s.Invoice.Tax, s.Invoice.TaxRate = money(tax), rate.FloatString(2)
	s.Invoice.TotalPrice = money(new(big.Int).Add(base, tax))
	return s, tax
}

// taxesOf adds up the taxes of the documents in cents, a credit memo's with its sign.
func taxesOf(r transform.Result) *big.Int {
	sum := new(big.Int)
	for _, d := range r.Documents {
		for _, tax := range d.GetTaxes() {
			cents := centsOf(tax.GetAmount())
			if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
				cents = new(big.Int).Neg(cents)
			}
			sum.Add(sum, cents)
		}
	}
	return sum
}
