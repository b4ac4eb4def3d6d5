package sage50

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Whatever a document has: the rows of its file add up to its total, there are as many as
// they say, what is read back as an export is the same total, and what reverses it takes
// all of that back.
func TestTheFileSaysTheDocumentsTotal(t *testing.T) {
	c := completed(t, shapes[LayoutFull])
	f := connect(t, settings(t.TempDir()))
	rapid.Check(t, func(r *rapid.T) {
		d := anyDocument(r)
		item, faults := f.Item(d)
		if len(faults) > 0 {
			r.Fatalf("refused: %v", faults)
		}
		total := decimal.RequireFromString(d.GetTotals().GetTotal())
		owed := func(content []byte, memo bool) decimal.Decimal {
			sum := decimal.Zero
			rows := cellsOf(t, c, content)
			for _, row := range rows {
				sum = sum.Sub(decimal.RequireFromString(row["Amount"]))
				require.Equal(r, strconv.Itoa(len(rows)), row["Number of Distributions"])
				require.Equal(r, map[bool]string{true: "TRUE", false: "FALSE"}[memo], row["Credit Memo"])
			}
			return sum
		}
		memo := d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
		signed := total
		if memo {
			signed = total.Neg()
		}
		require.True(r, owed(item.Rows, memo).Equal(signed), "the rows owe %s, the document %s", owed(item.Rows, memo), signed)
		back := invoice.Reverse(d, &tradepostv1.AppliesTo{Kind: d.GetKind(), Number: d.GetNumber()}, d.GetIssueDate())
		undo, faults := f.Item(back)
		require.Empty(r, faults)
		require.True(r, owed(undo.Rows, !memo).Equal(signed.Neg()), "what reverses it takes it back")
		head := lines([][]string{c.Columns})
		shown, err := readExport(append(head, item.Rows...))
		require.NoError(r, err)
		require.Len(r, shown, 1)
		require.Equal(r, total.StringFixed(2), shown[0].Total)
		require.Equal(r, d.GetNumber(), shown[0].Number)
		require.Equal(r, memo, *shown[0].CreditMemo)
	})
}

func anyDocument(r *rapid.T) *tradepostv1.Document {
	d := sample(int64(rapid.IntRange(1, 1_000_000).Draw(r, "id")))
	if rapid.Bool().Draw(r, "memo") {
		d.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	}
	cents := func(label string, from, to int) decimal.Decimal {
		return decimal.New(int64(rapid.IntRange(from, to).Draw(r, label)), -2)
	}
	d.Lines = nil
	sum := decimal.Zero
	for i := range rapid.IntRange(1, 12).Draw(r, "lines") {
		price := cents("price", -50_000, 500_000)
		quantity := decimal.New(int64(rapid.IntRange(0, 5000).Draw(r, "quantity")), -2)
		amount := quantity.Mul(price).Round(2)
		sum = sum.Add(amount)
		d.Lines = append(d.Lines, &tradepostv1.Line{
			Key: fmt.Sprint(i), Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: rapid.StringN(0, 60, 100).Draw(r, "text"),
			Quantity: quantity.String(), UnitPrice: price.String(), Amount: amount.StringFixed(2), Taxable: rapid.Bool().Draw(r, "taxable"),
		})
	}
	d.Totals = &tradepostv1.Totals{Subtotal: sum.StringFixed(2)}
	if rapid.Bool().Draw(r, "taxed") {
		tax := cents("tax", 1, 99_999)
		d.Taxes = []*tradepostv1.Tax{{Name: "Sales tax", Code: code("WAKE"), Amount: tax.StringFixed(2)}}
		sum, d.Totals.Tax = sum.Add(tax), tax.StringFixed(2)
	}
	if rapid.Bool().Draw(r, "discounted") {
		off := cents("discount", 1, 10_000)
		d.Discount = &tradepostv1.Discount{Amount: off.StringFixed(2), Account: code("49000")}
		sum, d.Totals.Discount = sum.Sub(off), off.StringFixed(2)
	}
	d.Totals.Total = sum.StringFixed(2)
	return d
}

// Whatever somebody drops into the folder is read or refused, and never breaks anything.
func FuzzExport(f *testing.F) {
	head := lines([][]string{fullColumns})
	c := settings(f.TempDir())
	c.complete()
	for _, d := range []*tradepostv1.Document{rich(), memo(), large()} {
		f.Add(slices.Concat(head, newSheet(&c, "x", d).text()))
	}
	for _, text := range []string{
		"", "\"", "Invoice/CM #,Amount\r\n1,(1,234.50)\r\n", "Invoice/CM #,Amount\r\n1,\"(1,234.50)\"\r\n", "Amount,Invoice/CM #\n1e99999999,1\n",
		"\xef\xbb\xbfInvoice/CM #,Amount\n1,-5\n", "Invoice/CM #,Amount,Quote\n1,-5,TRUE\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		docs, err := readExport(content)
		if err != nil {
			require.Empty(t, docs)
			return
		}
		for _, d := range docs {
			require.NotEmpty(t, d.Number)
			_, err := decimal.NewFromString(d.Total)
			require.NoError(t, err)
		}
	})
}
