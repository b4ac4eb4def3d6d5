package transform_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// documents is how many random invoices are made; `make fuzz-money` makes more.
func documents(t *testing.T) int {
	text := os.Getenv("TRADEPOST_MONEY_DOCUMENTS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// profile is a way to round, as the mapping and as integers know it.
type profile struct{ mode, of, tax string }

func (p profile) mapping(t *testing.T, mixed string) *mapping.Mapping {
	m, err := mapping.Parse(fmt.Appendf(nil, `version: 1
items: {match: [external_id, code]}
accounts: {sales_tax: "2200"}
tax: {mode: as_billed}
policy: {mixed_signs: %s}
rounding: {mode: %s, of: %s, tax: %s}
`, mixed, p.mode, p.of, p.tax), "m.yaml")
	require.NoError(t, err)
	return m
}

// cents rounds with integers only: another way than the code's.
func (p profile) cents(r *big.Rat) *big.Int {
	up := cents(r)
	twice := new(big.Rat).Mul(r, big.NewRat(200, 1))
	if p.mode == "half_even" && twice.IsInt() && twice.Num().Bit(0) == 1 && up.Bit(0) == 1 {
		return up.Sub(up, big.NewInt(int64(r.Sign())))
	}
	return up
}

// Random invoices under every way to round: the lines and the tax always add up to
// ServiceTrade's total, each line is within a cent of its exact amount, and a split
// adds up as well.
func TestNoTotalIsEverBroken(t *testing.T) {
	n := documents(t)
	for i, p := range profiles() {
		t.Run(fmt.Sprintf("%s/%s/%s", p.mode, p.of, p.tax), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 20260930))
			kept, split := goldenCase{}.input(t, nil), goldenCase{}.input(t, nil)
			kept.Mapping, split.Mapping = p.mapping(t, "keep"), p.mapping(t, "split")
			for k := range n / len(profiles()) {
				in := kept
				if k%3 == 0 {
					in = split
				}
				s, want := randomInvoice(random, p)
				in.Snapshot = s
				r := transform.Make(in)
				if len(r.Faults) > 0 {
					require.Failf(t, "a good invoice was refused", "%v\n%v", r.Faults, s.GetInvoice())
				}
				checkSums(t, r, want, s)
			}
		})
	}
}

func profiles() []profile {
	var all []profile
	for _, mode := range []string{"half_up", "half_even"} {
		for _, of := range []string{"line", "document"} {
			for _, tax := range []string{"line", "document"} {
				all = append(all, profile{mode, of, tax})
			}
		}
	}
	return all
}

// randomInvoice is one whose total is right under the profile, and its total in cents.
// ServiceTrade shows the rate, the tax or both.
func randomInvoice(random *rand.Rand, p profile) (*snapshot, *big.Int) {
	s, total, tax := randomTaxed(random, p)
	switch random.IntN(3) {
	case 0:
		s.Invoice.Tax = money(tax)
	case 1:
		if tax.Sign() != 0 {
			s.Invoice.Tax, s.Invoice.TaxRate = money(tax), ""
		}
	}
	return s, total
}

// randomTaxed is an invoice that shows its rate, its total and the tax in it.
func randomTaxed(random *rand.Rand, p profile) (s *snapshot, total, tax *big.Int) {
	s = base()
	s.Invoice.Items = nil
	exact, rounded, base := new(big.Rat), new(big.Int), new(big.Rat)
	taxPerLine, rate := new(big.Int), big.NewRat(random.Int64N(1200), 10_000)
	for i := range 1 + random.IntN(12) {
		quantity := big.NewRat(random.Int64N(4001)-2000, 100)
		price := big.NewRat(random.Int64N(10_000_001), []int64{1, 10, 100, 1000, 10_000}[random.IntN(5)])
		amount := new(big.Rat).Mul(quantity, price)
		item := sold(int64(i+1), "work", quantity.FloatString(2), price.FloatString(4), []*libItem{labor, filter}[random.IntN(2)])
		item.Taxable = random.IntN(2) == 0
		exact.Add(exact, amount)
		c := p.cents(amount)
		rounded.Add(rounded, c)
		if p.of == "line" {
			amount = new(big.Rat).SetFrac(c, big.NewInt(100))
		}
		if item.Taxable {
			base.Add(base, amount)
			taxPerLine.Add(taxPerLine, p.cents(new(big.Rat).Mul(amount, rate)))
		}
		s.Invoice.Items = append(s.Invoice.Items, item)
	}
	if p.of == "document" {
		rounded = p.cents(exact)
	}
	if tax = p.cents(new(big.Rat).Mul(base, rate)); p.tax == "line" {
		tax = taxPerLine
	}
	total = new(big.Int).Add(rounded, tax)
	s.Invoice.TotalPrice, s.Invoice.TaxRate = money(total), new(big.Rat).Mul(rate, big.NewRat(100, 1)).FloatString(4)
	return s, total, tax
}

func checkSums(t *testing.T, r transform.Result, want *big.Int, s *snapshot) {
	all := new(big.Int)
	lines := 0
	for _, d := range r.Documents {
		sum := new(big.Int)
		for _, l := range d.GetLines() {
			sum.Add(sum, centsOf(l.GetAmount()))
		}
		for _, tax := range d.GetTaxes() {
			sum.Add(sum, centsOf(tax.GetAmount()))
		}
		lines += len(d.GetLines())
		if sum.Cmp(centsOf(d.GetTotals().GetTotal())) != 0 {
			require.Failf(t, "lines and tax are not the total", "%v", d)
		}
		if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			sum.Neg(sum)
		}
		all.Add(all, sum)
	}
	if all.Cmp(want) != 0 || lines != len(s.Invoice.Items) {
		require.Failf(t, "the documents are not the invoice", "%v is not %v\n%v", all, want, r.Documents)
	}
}

func centsOf(text string) *big.Int {
	r, ok := new(big.Rat).SetString(text)
	if r.Mul(r, big.NewRat(100, 1)); !ok || !r.IsInt() {
		panic("not an amount in cents: " + text)
	}
	return r.Num()
}
