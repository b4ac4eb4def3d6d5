package hledger

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func usd() *Config {
	c := &Config{JournalDir: "/books"}
	c.complete("")
	return c
}

func TestReadAmount(t *testing.T) {
	tests := map[string]string{
		"$294.94": "294.94", "$-237.50": "-237.5", "-$237.50": "-237.5", "$ 5": "5", "294.94 USD": "294.94",
		"USD 1": "1", "-1 USD": "-1", "$1,000.00": "1000", "$1.000,50": "1000.5", "$1,000,000.5": "1000000.5",
		"$12,5": "12.5", "$.50": "0.5", "+$3": "3", `1 "USD"`: "1", "$0.00": "0", "$1234567.890": "1234567.89",
		// not sure, so not read
		"$1,000": "", "5": "", "5 EUR": "", "€5": "", "$5 USD": "", "": "", "$": "", "--$5": "", "-$-5": "", "$1.2.3": "", "five": "",
	}
	for text, want := range tests {
		got, ok := usd().readAmount(text)
		require.Equal(t, want != "", ok, "%q", text)
		if ok {
			require.True(t, got.Equal(decimal.RequireFromString(want)), "%q is %s, not %s", text, got, want)
		}
	}
}

func TestReadJournal(t *testing.T) {
	content := "; preamble\n" +
		"account assets:receivable:C100\n" +
		"2026-11-22=2026-12-01 * (1042) ACME | Job 1 ; stid:st-a-1, due:2026-12-22\n" +
		"    ; po:PO 7, note: with: colon\n" +
		"    assets:receivable:C100  $294.94 = $300  ; cust:C100\n" +
		"    ; more:about it\n" +
		"    (budget:x)  $10\n" +
		"    revenue:labor\n" +
		"\n" +
		"comment\n2026-01-01 stid hidden ; stid:st-a-2\n    a  $1\n    b\nend comment\n" +
		"~ monthly\n    a  $1\n    b\n" +
		"2026/1/5 partial\r\n    a\t$1\r\n    b\r\n" +
		"2026/01/05 ! slashes\n    assets:receivable:x   $-1.00\n    b   $1.00\n"
	entries := readJournal(content)
	require.Len(t, entries, 3)
	first := entries[0]
	require.Equal(t, "2026-11-22", first.date)
	require.Equal(t, "1042", first.code)
	require.Equal(t, "ACME", first.payee)
	require.Equal(t, map[string]string{"stid": "st-a-1", "due": "2026-12-22", "po": "PO 7", "note": "with: colon"}, first.tags)
	require.Len(t, first.postings, 3)
	require.Equal(t, "$294.94", first.postings[0].amount)
	require.Equal(t, map[string]string{"cust": "C100", "more": "about it"}, first.postings[0].tags)
	require.True(t, first.postings[1].virtual)
	require.Empty(t, entries[1].date, "2026/1/5 is not read, so not compared")
	require.Equal(t, "2026-01-05", entries[2].date)
	total, ok := usd().total(entries[2])
	require.True(t, ok, "without a tag cust the receivable account counts")
	require.Equal(t, "-1", total.String())
}

func TestTotalOfEntriesEditedByHand(t *testing.T) {
	tests := map[string]struct {
		postings string
		want     string
	}{
		"amount left out":       {"    assets:receivable:x  ; cust:x\n    revenue  $-5\n    tax  $-1\n", "6"},
		"other one left out":    {"    assets:receivable:x  $6 ; cust:x\n    revenue\n", "6"},
		"two left out":          {"    assets:receivable:x  ; cust:x\n    revenue\n", ""},
		"other currency":        {"    assets:receivable:x  5 EUR ; cust:x\n    revenue\n", ""},
		"nothing of a customer": {"    assets:bank  $5\n    revenue\n", ""},
		"thousands":             {"    assets:receivable:x  $1,234.50 ; cust:x\n    revenue\n", "1234.5"},
		"price":                 {"    assets:receivable:x  $5 @ 2 EUR ; cust:x\n    revenue  $-5\n", "5"},
		"neighbour account":     {"    assets:receivables  $5\n    revenue\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			total, ok := usd().total(readJournal("2026-01-01 x\n" + tt.postings)[0])
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.Equal(t, tt.want, total.String())
			}
		})
	}
}

func FuzzReadJournal(f *testing.F) {
	for _, d := range documents() {
		l := &Ledger{cfg: *usd()}
		r, _ := l.render(connector.Posting{Document: d, DocumentHash: "00"})
		f.Add(r.text)
	}
	f.Add("2026-01-01\n\t(a)  $1 ; x:,y:\n")
	f.Add("comment\n2026-01-01\n")
	f.Add("2026-01-01 (\n  ;\n  ; :::\n \xff\xfe  $9")
	f.Fuzz(func(t *testing.T, content string) {
		l := &Ledger{cfg: *usd()}
		raw := 0
		for _, e := range readJournal(content) {
			raw += len(e.raw)
			require.Contains(t, content, e.raw)
			_, _ = l.cfg.total(e)
		}
		require.LessOrEqual(t, raw, len(content))
		require.NotEmpty(t, l.readBack("st-a-1", content), "a file under the marker's name is never nothing")
		_ = markersIn(content)
	})
}

// What is rendered is read back with the same total, number, date and hash,
// whatever the texts; and no text makes a second entry or another marker.
func TestRenderThenRead(t *testing.T) {
	l := &Ledger{cfg: *usd()}
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		p := connector.Posting{Document: d, DocumentHash: strings.Repeat("ab", 32), Generation: 1}
		r, faults := l.render(p)
		require.Empty(t, faults)
		require.Len(t, readJournal(r.text), 1)
		require.Equal(t, []string{d.GetMarker()}, markersIn(r.text))
		found := l.readBack(d.GetMarker(), r.text)
		require.Len(t, found, 1)
		equal, diffs := connector.Equal(connector.Found{
			Kind: found[0].Kind, Number: found[0].Number, Total: found[0].Total, IssueDate: found[0].IssueDate,
		}, d, "")
		require.True(t, equal, "%v", diffs)
		require.Equal(t, p.DocumentHash, found[0].DocumentHash)
		require.True(t, sumsToZero(t, l, r.text))
	})
}

func sumsToZero(t *rapid.T, l *Ledger, text string) bool {
	sum, ok := l.cfg.sum(readJournal(text)[0], func(posting) bool { return true })
	require.True(t, ok)
	return sum.IsZero()
}

func drawDocument(t *rapid.T) *tradepostv1.Document {
	cents := rapid.Int64Range(-10_000_000, 10_000_000)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"; stid:st-x-1", "a, stid:st-x-1", "x\n2026-01-01 y\n a  $1\n"}))
	d := sample(rapid.Int64Range(1, 1<<62).Draw(t, "id"))
	d.Kind = rapid.SampledFrom([]tradepostv1.DocumentKind{1, 2}).Draw(t, "kind")
	d.Customer.Name, d.Customer.Reference.Value = text.Draw(t, "name"), text.Draw(t, "reference")
	d.PrivateNote, d.Job.Name, d.PoNumber = text.Draw(t, "note"), text.Draw(t, "job"), text.Draw(t, "po")
	d.PostingDate = rapid.SampledFrom([]string{"", "2026-12-31"}).Draw(t, "posting date")
	var sum decimal.Decimal
	d.Lines = nil
	for _, c := range rapid.SliceOfN(cents, 1, 12).Draw(t, "lines") {
		amount := decimal.New(c, -2)
		sum = sum.Add(amount)
		d.Lines = append(d.Lines, &tradepostv1.Line{
			Key: text.Draw(t, "key"), Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: amount.String(), Description: text.Draw(t, "text"),
		})
	}
	tax := decimal.New(cents.Draw(t, "tax"), -2)
	d.Taxes = []*tradepostv1.Tax{{Name: text.Draw(t, "tax name"), Amount: tax.String()}}
	d.Totals = &tradepostv1.Totals{Subtotal: sum.String(), Tax: tax.String(), Total: sum.Add(tax).String()}
	return d
}
