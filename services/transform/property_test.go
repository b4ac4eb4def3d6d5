package transform_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// number draws a decimal with up to four digits behind the point, as ServiceTrade would write it.
func number(t *rapid.T, label string, limit int64) (string, *big.Rat) {
	units := rapid.Int64Range(-limit, limit).Draw(t, label)
	digits := rapid.IntRange(0, 4).Draw(t, label+" digits")
	r := new(big.Rat).SetFrac(big.NewInt(units), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	return r.FloatString(digits), r
}

// cents rounds half away from zero, with integers only: another way than the code's.
func cents(r *big.Rat) *big.Int {
	n := new(big.Int).Mul(r.Num(), big.NewInt(200))
	n.Add(n.Abs(n), r.Denom())
	n.Quo(n, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

func money(c *big.Int) string { return new(big.Rat).SetFrac(c, big.NewInt(100)).FloatString(2) }

// drawn is a random invoice whose total is the sum of its lines.
func drawn(t *rapid.T) (*snapshot, []*big.Int, *big.Int) {
	s := base()
	s.Invoice.Items = nil
	sum, lines := new(big.Int), []*big.Int{}
	for i := range rapid.IntRange(1, 30).Draw(t, "lines") {
		quantity, q := number(t, "quantity", 100_000)
		price, p := number(t, "price", 10_000_000)
		amount := cents(new(big.Rat).Mul(q, p))
		lines, sum = append(lines, amount), sum.Add(sum, amount)
		lib := rapid.SampledFrom([]*libItem{labor, filter, trip}).Draw(t, "item")
		s.Invoice.Items = append(s.Invoice.Items, sold(int64(i*3), rapid.StringN(0, 30, 90).Draw(t, "text"), quantity, price, lib))
	}
	s.Invoice.TotalPrice = money(sum)
	return s, lines, sum
}

// P4 and the arithmetic, against integers computed here: every line is there
// with its amount, they add up to the cent, and the sign is the document kind's.
func TestEveryLineToTheCent(t *testing.T) {
	in := goldenCase{}.input(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		s, lines, sum := drawn(t)
		in.Snapshot = s
		r := transform.Make(in)
		require.Empty(t, r.Faults)
		check(t, in, r)
		doc, sign := r.Documents[0], big.NewInt(1)
		if sum.Sign() < 0 {
			sign = big.NewInt(-1)
			require.Equal(t, tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, doc.GetKind())
		} else {
			require.Equal(t, tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, doc.GetKind())
		}
		for i, want := range lines {
			require.Equal(t, money(new(big.Int).Mul(want, sign)), doc.GetLines()[i].GetAmount())
		}
		require.Equal(t, money(new(big.Int).Mul(sum, sign)), doc.GetTotals().GetTotal())
		require.Equal(t, money(sum), doc.GetSource().GetTotal())
	})
}

// lose takes a line out of an invoice that had shown a tax, a rate or both with it, or
// none, and tells whether the total is wrong without it.
func lose(t *rapid.T, s *snapshot, lines []*big.Int, sum *big.Int) bool {
	base, rate := new(big.Int), big.NewRat(rapid.Int64Range(0, 1200).Draw(t, "rate"), 10_000)
	for i, item := range s.Invoice.Items {
		if item.Taxable = rapid.Bool().Draw(t, "taxable"); item.Taxable {
			base.Add(base, lines[i])
		}
	}
	tax := cents(new(big.Rat).Mul(new(big.Rat).SetFrac(base, big.NewInt(100)), rate))
	shown := rapid.SampledFrom([]string{"nothing", "rate", "tax", "both"}).Draw(t, "shown")
	if shown == "rate" || shown == "both" {
		s.Invoice.TaxRate = new(big.Rat).Mul(rate, big.NewRat(100, 1)).FloatString(2)
	}
	if shown == "tax" || shown == "both" {
		s.Invoice.Tax = money(tax)
	}
	if shown == "nothing" {
		tax.SetInt64(0)
	}
	s.Invoice.TotalPrice = money(new(big.Int).Add(sum, tax))
	lost := rapid.IntRange(0, len(lines)-1).Draw(t, "lost")
	isTaxable := s.Invoice.Items[lost].Taxable
	s.Invoice.Items = append(s.Invoice.Items[:lost:lost], s.Invoice.Items[lost+1:]...)
	if new(big.Int).Add(lines[lost], tax).Sign() == 0 {
		return false // By chance the lines that are left come to the total without any tax.
	}
	if shown == "rate" {
		// Rate and lines may come to the total by chance: then nothing is wrong with them.
		if isTaxable {
			base.Sub(base, lines[lost])
		}
		tax = new(big.Int).Sub(tax, cents(new(big.Rat).Mul(new(big.Rat).SetFrac(base, big.NewInt(100)), rate)))
		return new(big.Int).Add(lines[lost], tax).Sign() != 0
	}
	return lines[lost].Sign() != 0
}

// A total that is off by any amount is never posted, whatever tax and rate are shown,
// with or without sales tax set up: a lost line is not taken for tax.
func TestALostLineNeverPasses(t *testing.T) {
	for _, name := range []string{"standard", "tax", "codes"} {
		in := goldenCase{mapping: name}.input(t, nil)
		rapid.Check(t, func(t *rapid.T) {
			s, lines, sum := drawn(t)
			if !lose(t, s, lines, sum) {
				return
			}
			in.Snapshot = s
			r := transform.Make(in)
			require.Empty(t, r.Documents)
			require.NotEmpty(t, r.Faults)
			if len(s.Invoice.Items) > 0 {
				require.Contains(t, []string{"total.mismatch", "tax.mismatch"}, r.Faults[len(r.Faults)-1].GetCode())
			}
		})
	}
}

// The same snapshot and mapping give the same bytes; another spelling of the
// same numbers gives the same document.
func TestMakeIsPure(t *testing.T) {
	in := goldenCase{}.input(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		s, _, _ := drawn(t)
		in.Snapshot = s
		first := transform.Make(in)
		in.Snapshot = proto.CloneOf(s)
		require.Equal(t, hashes(t, first), hashes(t, transform.Make(in)))

		for _, item := range in.Snapshot.Invoice.Items {
			if strings.Contains(item.Price, ".") {
				item.Price += "00"
			}
		}
		in.Snapshot.Invoice.TotalPrice += "0"
		require.Equal(t, hashOf(t, first), hashOf(t, transform.Make(in)))
	})
}

func hashOf(t require.TestingT, r transform.Result) string {
	h, err := invoice.HashOf(r.Documents[0])
	require.NoError(t, err)
	return h
}

func hashes(t require.TestingT, r transform.Result) []string {
	h, err := canonical.Message(&tradepostv1.InvoiceReady{Documents: r.Documents, Explanations: r.Explanations})
	require.NoError(t, err)
	return []string{h}
}
