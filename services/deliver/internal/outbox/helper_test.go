package outbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// posting is a document of the tests: its rows are one line.
func posting(id int, total string) connector.Posting {
	return connector.Posting{
		Document: &tradepostv1.Document{
			Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprintf("st-acme-%d", id), Number: fmt.Sprint(1000 + id),
			IssueDate: "2026-11-22", Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME"}, Totals: &tradepostv1.Totals{Total: total},
		},
		DocumentHash: fmt.Sprintf("hash-%d-%s", id, total), Generation: 1,
	}
}

func itemOf(p connector.Posting) func() (Item, []*tradepostv1.Fault) {
	return func() (Item, []*tradepostv1.Fault) {
		return Item{
			Customer: "C100", Layout: "test", Head: []byte("marker,total\r\n"),
			Rows:        fmt.Appendf(nil, "%s,%s\r\n", p.Document.GetMarker(), p.Document.GetTotals().GetTotal()),
			Undo:        fmt.Appendf(nil, "%s,-%s\r\n", p.Document.GetMarker(), p.Document.GetTotals().GetTotal()),
			NewCustomer: &Rows{Key: "C100", Rows: []byte("C100,ACME\r\n")},
		}, nil
	}
}

func options(batch int) Options {
	return Options{Connection: "acme", Title: "Books", Prefix: "SALES", Ext: ".csv", CustomerPrefix: "CUSTOMER", Batch: batch}
}

func opened(t testing.TB, folder Folder, o Options) *Box {
	t.Helper()
	b := New(folder, o)
	_, err := b.Company(t.Context())
	require.NoError(t, err)
	return b
}

// deliver does what the posting protocol does with one document: it looks, and gives it
// away where nothing is found.
func deliver(ctx context.Context, b *Box, p connector.Posting) connector.Answer {
	found, err := b.Find(ctx, connector.Query{Marker: p.Document.GetMarker()})
	if a, ok := connector.AnswerOf(err); ok {
		return a
	}
	if len(found) > 0 {
		return connector.Posted{Document: found[0], Adopted: true}
	}
	return b.Add(ctx, p, itemOf(p))
}

// wholeFiles reads every import file wherever it is by now, by name, and wants each to be
// whole.
func wholeFiles(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, where := range []string{"", "imported", "rejected"} {
		files, err := filepath.Glob(filepath.Join(dir, where, "SALES-*.csv"))
		require.NoError(t, err)
		for _, f := range files {
			raw, err := os.ReadFile(f)
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(strings.TrimSuffix(f, ".csv"), hashOf(raw)[:8]), "%s is whole", f)
			all[f] = raw
		}
	}
	return all
}

// appeared tells in which file each marker is, and wants that to be one.
func appeared(t testing.TB, dir string) map[string]string {
	t.Helper()
	in := map[string]string{}
	for f, raw := range wholeFiles(t, dir) {
		for _, line := range strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n")[1:] {
			marker, _, _ := strings.Cut(line, ",")
			require.Empty(t, in[marker], "%s is in %s too", marker, f)
			in[marker] = filepath.Base(f)
		}
	}
	return in
}
