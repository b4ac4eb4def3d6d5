package connectortest

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Kept is what the books hold of one document, read from the accounting system itself.
type Kept struct {
	// Lines in the order of the document, taxes left out.
	Lines []KeptLine
	// Tax is the sum of all taxes with the sign of the document (a credit memo's is
	// positive), a decimal; "" is none.
	Tax string
}

// KeptLine is one line as the books hold it.
type KeptLine struct {
	// Description holds the line's text, perhaps among other words.
	Description string
	// Amount is a decimal with the sign of the document's line.
	Amount string
}

// kitTax is the tax of the kit's documents.
const kitTax = "3.17"

var lineCases = []Case{
	{Name: "a tax is posted, and the total has it", Needs: []Capability{SalesTax}, Run: func(k *Kit) {
		k.roundTrip(k.severalLines(true))
	}},
	{Name: "every line is kept with its text and amount", Needs: []Capability{ReadsBack}, Run: func(k *Kit) {
		d := k.severalLines(false)
		k.roundTrip(d)
		k.keepsAll(d)
	}},
	{Name: "a tax is kept beside the lines", Needs: []Capability{ReadsBack, SalesTax}, Run: func(k *Kit) {
		d := k.severalLines(true)
		k.roundTrip(d)
		k.keepsAll(d)
	}},
	{Name: "a credit memo keeps its lines and its tax", Needs: []Capability{ReadsBack, SalesTax, CreditMemos}, Run: func(k *Kit) {
		d := k.retotal(k.severalLines(true), memoOf)
		k.roundTrip(d)
		k.keepsAll(d)
	}},
	{Name: "an update replaces the lines and their texts", Needs: []Capability{ReadsBack, Updates}, Run: func(k *Kit) {
		k.updatesTo(k.severalLines(false), k.retotal(k.severalLines(false), func(d *tradepostv1.Document) {
			d.Lines = d.Lines[1:]
			d.Lines[0].Description = "Kit line rewritten"
		}))
	}},
	{Name: "an update replaces the tax", Needs: []Capability{ReadsBack, Updates, SalesTax}, Run: func(k *Kit) {
		k.updatesTo(k.severalLines(false), k.severalLines(true))
	}},
}

// severalLines is the sample with four lines of four amounts and texts, one below zero,
// and a tax if that is wanted.
func (k *Kit) severalLines(taxed bool) *tradepostv1.Document {
	k.Helper()
	return k.retotal(k.Harness.Sample(1), func(d *tradepostv1.Document) {
		first := d.Lines[0]
		d.Lines = nil
		for i, amount := range []string{"20.01", "13.02", "-4.03", "7.99"} {
			ln := proto.CloneOf(first)
			ln.Key, ln.Description = fmt.Sprint(i+1), fmt.Sprint("Kit line ", i+1)
			setAmount(ln, amount)
			d.Lines = append(d.Lines, ln)
		}
		if taxed {
			k.Harness.AddTax(d, kitTax)
		}
	})
}

// keepsAll wants the books to hold the document's lines with their texts, and its tax.
func (k *Kit) keepsAll(d *tradepostv1.Document) {
	k.Helper()
	kept := k.keepsAmounts(d)
	for i, ln := range d.GetLines() {
		require.Truef(k, strings.Contains(kept.Lines[i].Description, ln.GetDescription()),
			"line %d of %s: the books hold the text %q, not %q", i+1, d.GetMarker(), kept.Lines[i].Description, ln.GetDescription())
	}
}

// keepsAmounts wants the books to hold as many lines as the document has, with their
// amounts, and its tax.
func (k *Kit) keepsAmounts(d *tradepostv1.Document) Kept {
	k.Helper()
	kept := k.ReadBack(d.GetMarker())
	require.Len(k, kept.Lines, len(d.GetLines()), "lines of %s in the books", d.GetMarker())
	for i, ln := range d.GetLines() {
		k.sameAmount(ln.GetAmount(), kept.Lines[i].Amount, "line %d of %s", i+1, d.GetMarker())
	}
	k.sameAmount(d.GetTotals().GetTax(), kept.Tax, "the tax of %s", d.GetMarker())
	return kept
}

func (k *Kit) sameAmount(want, have, what string, args ...any) {
	k.Helper()
	read := func(s string) decimal.Decimal {
		if s == "" {
			return decimal.Zero
		}
		amount, err := decimal.NewFromString(s)
		require.NoErrorf(k, err, what, args...)
		return amount
	}
	require.Truef(k, read(want).Equal(read(have)), what+": the books hold %q, the document says %q", append(args, have, want)...)
}

// updatesTo posts one document, makes the other of it, and wants the books to hold that.
func (k *Kit) updatesTo(first, next *tradepostv1.Document) {
	k.Helper()
	k.roundTrip(first)
	p := k.posting(next, 1)
	k.update(p, k.find(k.Connector, first, 1)[0])
	k.shown(p)
	k.stays(next, 1)
	k.keepsAll(next)
}

// totalsTell stands for reading back: whatever is left out, the total that find shows
// has to tell it.
func totalsTell(k *Kit) {
	taxed := k.Harness.AddTax != nil
	d := k.severalLines(taxed)
	k.roundTrip(d)
	k.same(k.find(k.Reopen(), d, 1)[0], k.posting(d, 1))
	k.different(d, k.retotal(d, func(d *tradepostv1.Document) { d.Lines = d.Lines[1:] }))
	if taxed {
		k.different(d, k.severalLines(false))
	}
}

// wholeOrNot stands for a tax that the books do not take: the document is posted with
// all of it, or refused. A refusal that leaves a document behind, as where the books
// compute a tax of their own, names it, and its total tells that it is another one.
func wholeOrNot(k *Kit) {
	d := k.severalLines(false)
	d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Amount: kitTax, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
	addUp(k.T, d)
	p := k.posting(d, 1)
	answer := k.Connector.Create(k.ctx(), p)
	if posted, is := answer.(connector.Posted); is {
		k.same(posted.Document, p)
		k.stays(d, 1)
		return
	}
	left := k.refused(answer).Document
	if left == nil {
		k.stays(d, 0)
		return
	}
	k.stays(d, 1)
	require.NotEqual(k, d.GetTotals().GetTotal(), left.Total)
	require.Equal(k, k.find(k.Connector, d, 1)[0].ID, left.ID)
}
