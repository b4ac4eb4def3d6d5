package hledger

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var rewrite = flag.Bool("update", false, "write the golden files anew")

func named1(value string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: value}
}

// documents are the golden documents; each file in testdata shows one.
func documents() map[string]*tradepostv1.Document {
	plain := sample(1)

	full := sample(2)
	full.PostingDate, full.Office, full.PrivateNote = "2026-12-01", "Raleigh, NC", "Gate code: 1234; call [first]\nthen ring"
	full.Class, full.Department = named1("HVAC"), named1("Service")
	full.Terms = &tradepostv1.Terms{Name: "Net 30", NetDays: 30, Reference: named1("N30")}
	full.Location = &tradepostv1.Location{Name: "Tower, north", BelowCustomer: true}
	full.Job.BelowCustomer = true
	full.Template, full.SalesRep = named1("Municipal form"), named1("KL")
	full.CustomFields = map[string]string{"Site no.": "N-7, north", "void": "no", "§": "left out", "Empty": ""}
	full.Lines[0].RevenueAccount, full.Lines[0].TaxCode = named1("revenue:labor"), named1("NC, 725")
	full.Lines = append(full.Lines,
		&tradepostv1.Line{Key: "88", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: "19.99", Item: &tradepostv1.Item{Reference: named1("revenue:parts")}},
		&tradepostv1.Line{Key: "89", Kind: tradepostv1.LineKind_LINE_KIND_TEXT, Amount: "0", Description: "Thank you, come again"},
		&tradepostv1.Line{Key: "90", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: "0.005", Item: &tradepostv1.Item{Code: "MISC"}},
	)
	full.Taxes = []*tradepostv1.Tax{{Name: "NC, Wake", RatePercent: "7.25", Amount: "21.38", TaxableBase: "294.90", Code: named1("liabilities:salestax:wake")}}
	full.Discount = &tradepostv1.Discount{Amount: "10.00", Percent: "3.4"}
	full.Totals = &tradepostv1.Totals{Subtotal: "294.995", Discount: "10.00", Tax: "21.38", Total: "306.38", Rounding: "0.005"}

	memo := sample(3)
	memo.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	memo.AppliesTo = &tradepostv1.AppliesTo{Number: "1001"}
	memo.Taxes = []*tradepostv1.Tax{{Name: "NC", Amount: "19.94", Account: named1("liabilities:salestax")}}
	memo.Totals = &tradepostv1.Totals{Subtotal: "275.00", Tax: "19.94", Total: "294.94"}

	kept := sample(4)
	kept.Number, kept.Job = "", nil
	kept.Customer.Name = "山田 & Søn (Ölheizung)"
	kept.Customer.Reference.Value = "山田:1  ; x"
	kept.Retainage = &tradepostv1.Retainage{Percent: "10", Amount: "27.50"}
	return map[string]*tradepostv1.Document{"plain": plain, "full": full, "credit-memo": memo, "retainage-unicode": kept}
}

func goldenBooks(t *testing.T) (*Ledger, string) {
	dir := t.TempDir()
	return books(t, dir, func(c *Config) { c.Declare = []string{"revenue:labor", "revenue:parts", "liabilities:salestax:wake"} }), dir
}

func TestGoldenEntries(t *testing.T) {
	needProgram(t)
	l, dir := goldenBooks(t)
	for name, d := range documents() {
		t.Run(name, func(t *testing.T) {
			p := postingOf(t, d)
			p.DocumentHash = strings.Repeat("0", 64) // stays when the schema grows
			posted, ok := l.Create(t.Context(), p).(connector.Posted)
			require.True(t, ok)
			got := readFile(t, l.file(d.GetMarker()))
			golden := filepath.Join("testdata", name+".journal")
			if *rewrite {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			require.Equal(t, readFile(t, golden), got)
			require.Equal(t, p.DocumentHash, posted.Document.DocumentHash)
			equal, diffs := connector.Equal(posted.Document, d, "")
			require.False(t, equal, "another hash")
			require.Len(t, diffs, 1, "and nothing else: %v", diffs)
		})
	}
	strict(t, dir)
	tie, err := TieOut(t.Context(), dir, "")
	require.NoError(t, err)
	require.Equal(t, 4, tie.Count)
	require.Equal(t, "561.44", tie.Total.String(), "275.00 + 306.38 - 294.94 + 275.00")
}

func TestRenderRefuses(t *testing.T) {
	tests := map[string]struct {
		spoil func(*tradepostv1.Document)
		codes []string
	}{
		"total off by a cent":     {func(d *tradepostv1.Document) { d.Totals.Total = "275.01" }, []string{"total.mismatch"}},
		"tax not in the total":    {func(d *tradepostv1.Document) { d.Taxes = []*tradepostv1.Tax{{Amount: "1"}} }, []string{"total.mismatch"}},
		"rounding elsewhere":      {func(d *tradepostv1.Document) { d.Totals.Rounding = "0.01"; d.Totals.Total = "275.02" }, []string{"total.mismatch"}},
		"other currency":          {func(d *tradepostv1.Document) { d.Currency = "EUR" }, []string{"currency.not_in_books"}},
		"number with a bracket":   {func(d *tradepostv1.Document) { d.Number = "10)2" }, []string{"text.refused"}},
		"number over two lines":   {func(d *tradepostv1.Document) { d.Number = "1\n2" }, []string{"text.refused"}},
		"number with a tag":       {func(d *tradepostv1.Document) { d.Number = "stid:st-a-1" }, []string{"text.refused"}},
		"marker of another shape": {func(d *tradepostv1.Document) { d.Marker = "../../etc/passwd" }, []string{"document.incomplete"}},
		"no such day":             {func(d *tradepostv1.Document) { d.IssueDate = "2026-02-30" }, []string{"date.invalid"}},
		"amount is no number":     {func(d *tradepostv1.Document) { d.Lines[0].Amount = "1e" }, []string{"line.amount_invalid"}},
		"account breaks the line": {func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = named1("revenue  $1\n") }, []string{"account.not_in_books"}},
		"virtual account":         {func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = named1("(revenue)") }, []string{"account.not_in_books"}},
		"several at once": {func(d *tradepostv1.Document) {
			d.Currency, d.IssueDate, d.Totals.Total = "EUR", "2026-99-99", "1"
		}, []string{"currency.not_in_books", "date.invalid", "total.mismatch"}},
	}
	l := books(t, t.TempDir())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := sample(1)
			tt.spoil(d)
			_, faults := l.render(postingOf(t, d))
			codes := make([]string, 0, len(faults))
			for _, f := range faults {
				codes = append(codes, f.GetCode())
				require.NotEmpty(t, f.GetFix())
			}
			require.Equal(t, tt.codes, codes)
		})
	}
}

func TestRenderIsTheSameEveryTime(t *testing.T) {
	l := books(t, t.TempDir())
	for name, d := range documents() {
		first, faults := l.render(postingOf(t, d))
		require.Empty(t, faults, name)
		again, _ := l.render(postingOf(t, proto.CloneOf(d)))
		require.Equal(t, first.text, again.text)
	}
}

// Whatever a customer is called, the entry stays one entry, with one marker and
// one total, for hledger as for our own reader.
func TestInjection(t *testing.T) {
	needProgram(t)
	attempts := []string{
		"x ; stid:st-a-1",
		"x\n2026-01-01 * (1) y\n    assets:receivable  $1\n    revenue\n",
		"x\r; stid:st-a-1\r",
		"x , stid:st-a-1, sthash:0, stbytes:0",
		"x\u2028; stid:st-a-1", "x\u0085; stid:st-a-1", "x\v\f; stid:st-a-1",
		"(999) x", "* x", "! x", "=2020-01-01 x", "| x", "x | y",
		"x  $5", "x\t$5", "x\u00a0\u00a0$5", "x\u3000$5",
		"[2020-01-01] date:2020-01-01", "date:2020-01-01", "end comment", "comment", "include /etc/passwd",
		":", "a:b:c", "::", "  ", "\"", "'", "#", "%", "@ $3", "= $0", "{1 USD}", "\u202Eevil\u202C", "\x00\x01", "~", "-1",
		strings.Repeat("very long ", 3000),
	}
	l, dir := goldenBooks(t)
	for i, text := range attempts {
		d := sample(int64(100 + i))
		d.Customer.Name, d.Customer.Reference.Value = text, text
		d.PrivateNote, d.Memo, d.PoNumber, d.Office = text, text, text, text
		d.Job.Name, d.Job.Number = text, text
		d.Lines[0].Description, d.Lines[0].Key, d.Lines[0].UnitOfMeasure = text, text, text
		d.Lines[0].Item = &tradepostv1.Item{Name: text}
		d.Location = &tradepostv1.Location{Name: text, BelowCustomer: true}
		d.Job.BelowCustomer = true
		d.Template, d.Lines[0].TaxCode, d.Terms = named1(text), named1(text), &tradepostv1.Terms{Reference: named1(text)}
		d.CustomFields = map[string]string{text: text, "stid": text}
		d.Taxes = []*tradepostv1.Tax{{Name: text, Amount: "0"}}
		posted := mustPost(t, l, d)
		require.Equal(t, "275.00", posted.Document.Total, "%q", text)
		require.Equal(t, d.Number, posted.Document.Number)
		require.Len(t, readJournal(readFile(t, l.file(d.Marker))), 1, "%q", text)
		require.Len(t, mustFind(t, l, d.Marker), 1)
	}
	require.Empty(t, mustFind(t, l, "st-a-1"))
	strict(t, dir)
	tie, err := TieOut(t.Context(), dir, "")
	require.NoError(t, err)
	require.Equal(t, len(attempts), tie.Count)
	for marker, total := range tie.Documents {
		require.Equal(t, "275", total.String(), marker)
	}
}
