package transform_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

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
