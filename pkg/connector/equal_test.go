package connector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	invoice = tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	memo    = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
)

func TestEqual(t *testing.T) {
	same := connector.Found{Kind: invoice, Number: "1042", Total: "522.50", IssueDate: "2026-11-22"}
	with := func(change func(*connector.Found)) connector.Found {
		f := same
		change(&f)
		return f
	}
	tests := map[string]struct {
		found    connector.Found
		noNumber bool
		want     bool
		words    []string
	}{
		"all that is seen is the same":         {found: same, want: true},
		"the same amount spelled differently":  {found: with(func(f *connector.Found) { f.Total = "522.5" }), want: true},
		"the system did not tell the date":     {found: with(func(f *connector.Found) { f.IssueDate = "" }), want: true},
		"same hash":                            {found: connector.Found{Kind: invoice, DocumentHash: "h1"}, want: true},
		"same hash, but void":                  {found: with(func(f *connector.Found) { f.DocumentHash, f.Void = "h1", true }), words: []string{"void"}},
		"another hash behind the same looks":   {found: with(func(f *connector.Found) { f.DocumentHash = "h2" }), words: []string{"another version"}},
		"another hash and total":               {found: with(func(f *connector.Found) { f.DocumentHash, f.Total = "h2", "1" }), words: []string{"total is 1"}},
		"another kind":                         {found: with(func(f *connector.Found) { f.Kind = memo }), words: []string{"a credit memo, not an invoice"}},
		"kind unknown":                         {found: with(func(f *connector.Found) { f.Kind = 0 }), words: []string{"unknown kind"}},
		"a cent less":                          {found: with(func(f *connector.Found) { f.Total = "522.49" }), words: []string{"522.49, not 522.50"}},
		"total not readable":                   {found: with(func(f *connector.Found) { f.Total = "" }), words: []string{"cannot be read"}},
		"another number":                       {found: with(func(f *connector.Found) { f.Number = "1043" }), words: []string{`"1043", not "1042"`}},
		"any number where none is asked for":   {found: with(func(f *connector.Found) { f.Number = "1043" }), noNumber: true, want: true},
		"another date":                         {found: with(func(f *connector.Found) { f.IssueDate = "2026-11-23" }), words: []string{"2026-11-23, not 2026-11-22"}},
		"all differences are told, not just 1": {found: connector.Found{Kind: memo, Number: "7", Total: "1", IssueDate: "2020-01-01"}, words: []string{"credit memo", "total", "number", "date"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := &tradepostv1.Document{
				Kind: invoice, Number: "1042", IssueDate: "2026-11-22",
				Totals: &tradepostv1.Totals{Total: "522.50"},
			}
			if tt.noNumber {
				d.Number = ""
			}
			equal, diffs := connector.Equal(tt.found, d, "h1")
			require.Equal(t, tt.want, equal, "%v", diffs)
			require.Len(t, diffs, len(tt.words))
			for i, w := range tt.words {
				require.Contains(t, diffs[i], w)
			}
		})
	}
}
