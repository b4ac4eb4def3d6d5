package invoice_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

type (
	document = tradepostv1.Document
	line     = tradepostv1.Line
)

const (
	bill   = tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	credit = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
)

func good() *document {
	return &document{
		Kind: bill, Marker: "st-acme-1", Currency: "USD", IssueDate: "2026-11-03",
		Source: &tradepostv1.Source{Account: "acme", InvoiceId: 1, Total: "327.25"},
		Lines: []*line{
			{Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "2.5", UnitPrice: "125", Amount: "312.50"},
			{Key: "2", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: "-5.00"},
			{Key: "3", Kind: tradepostv1.LineKind_LINE_KIND_TEXT, Amount: "0"},
		},
		Taxes:    []*tradepostv1.Tax{{Amount: "20.00"}, {Amount: "2.25"}},
		Discount: &tradepostv1.Discount{Amount: "2.50"},
		Totals:   &tradepostv1.Totals{Subtotal: "307.50", Discount: "2.50", Tax: "22.25", Total: "327.25"},
	}
}

func TestMarker(t *testing.T) {
	require.Equal(t, "st-acme-2687264638045999", invoice.Marker("acme", 2687264638045999, bill, false))
	require.Equal(t, "st-acme-1", invoice.Marker("acme", 1, credit, false), "only the credit memo of a split is marked")
	require.Equal(t, "st-acme-1", invoice.Marker("acme", 1, bill, true))
	require.Equal(t, "st-acme-1-c", invoice.Marker("acme", 1, credit, true))
}

func TestCheck(t *testing.T) {
	require.NoError(t, invoice.Check(good()))
	for name, c := range map[string]struct {
		edit func(*document)
		want string
	}{
		"subtotal":         {func(d *document) { d.Lines[1].Amount = "-4.99" }, "the lines add up to 307.51"},
		"product":          {func(d *document) { d.Lines[0].UnitPrice = "125.01" }, "2.5 x 125.01 is 312.53, not 312.5"},
		"half a cent":      {func(d *document) { d.Lines[1].Amount = "-5.005" }, "more than 2 digits"},
		"text with amount": {func(d *document) { d.Lines[2].Amount = "1" }, "a text line"},
		"same key":         {func(d *document) { d.Lines[1].Key = "1" }, `"1" is there twice`},
		"no lines":         {func(d *document) { d.Lines = nil }, "lines: none"},
		"tax":              {func(d *document) { d.Taxes = d.Taxes[:1] }, "the taxes add up to 20"},
		"total":            {func(d *document) { d.Totals.Total = "327.26" }, "subtotal - discount + tax is 327.25"},
		"discount":         {func(d *document) { d.Totals.Discount = "0" }, "subtotal - discount + tax is 329.75"},
		"source":           {func(d *document) { d.Source.Total = "327.24" }, "ServiceTrade shows 327.24"},
		"no number":        {func(d *document) { d.Totals.Total = "NaN" }, `"NaN" is not a decimal number`},
		"currency":         {func(d *document) { d.Currency = "XXX" }, `currency "XXX"`},
		"no kind":          {func(d *document) { d.Kind = 0 }, "neither an invoice nor a credit memo"},
		"credit sign":      {func(d *document) { d.Kind = credit }, "ServiceTrade shows -327.25"},
		"nothing":          {func(d *document) { proto.Reset(d) }, "currency"},
	} {
		t.Run(name, func(t *testing.T) {
			d := good()
			c.edit(d)
			err := invoice.Check(d)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// Everything that is wrong is told at once.
func TestCheckTellsEverything(t *testing.T) {
	d := good()
	d.Lines[0].Amount, d.Totals.Total, d.Kind = "1.00", "-1.00", bill
	err := invoice.Check(d)
	for _, want := range []string{"2.5 x 125", "the lines add up to -4", "-1 on an invoice", "ServiceTrade shows", "subtotal - discount + tax"} {
		require.ErrorContains(t, err, want)
	}
}

func TestCheckOfCreditMemo(t *testing.T) {
	d := &document{
		Kind: credit, Marker: "st-acme-1", Currency: "USD", Source: &tradepostv1.Source{Total: "-70.00"},
		Lines:  []*line{{Key: "1", Quantity: "1", UnitPrice: "70", Amount: "70.00"}},
		Totals: &tradepostv1.Totals{Subtotal: "70.00", Total: "70.00"},
	}
	require.NoError(t, invoice.Check(d))
	d.Source.Total, d.Totals.Total, d.Totals.Subtotal, d.Lines[0].Amount, d.Lines[0].UnitPrice = "0", "0", "0", "0", "0"
	require.ErrorContains(t, invoice.Check(d), "0 on a credit memo")
}

// Any change of one amount by one cent breaks an invariant.
func TestOneCentIsSeen(t *testing.T) {
	cent := money.FromInt(1, 2)
	rapid.Check(t, func(t *rapid.T) {
		d := good()
		fields := []*string{&d.Lines[0].Amount, &d.Lines[1].Amount, &d.Taxes[0].Amount, &d.Totals.Subtotal, &d.Totals.Discount, &d.Totals.Tax, &d.Totals.Total, &d.Source.Total}
		field := fields[rapid.IntRange(0, len(fields)-1).Draw(t, "field")]
		a, err := money.Parse(*field)
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "less") {
			cent = cent.Neg()
		}
		*field = a.Add(cent).Fixed(2)
		require.Error(t, invoice.Check(d))
	})
}

func TestHashOf(t *testing.T) {
	d := good()
	first, err := invoice.HashOf(d)
	require.NoError(t, err)
	require.Regexp(t, "^[0-9a-f]{64}$", first)

	d.MappingHash = "ab"
	same, err := invoice.HashOf(d)
	require.NoError(t, err)
	require.Equal(t, first, same, "the mapping's hash is not the document's content")
	require.Equal(t, "ab", d.GetMappingHash(), "the document is not touched")

	d.Lines[0].Description = "changed"
	other, err := invoice.HashOf(d)
	require.NoError(t, err)
	require.NotEqual(t, first, other)
}
