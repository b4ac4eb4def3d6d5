package pipeline_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
)

// awaitClosed waits until every record is closed, which comes a moment after the
// last write to ServiceTrade.
func (b *bubble) awaitClosed(limit time.Duration, ids []int64) {
	b.t.Helper()
	b.await(limit, func() error {
		if n := b.sandbox.API.Counts()["pending_accounting"]; n > 0 {
			return fmt.Errorf("%d invoices are pending", n)
		}
		return nil
	})
	store, err := record.Open(b.t.Context(), b.js)
	require.NoError(b.t, err)
	for _, id := range ids {
		b.await(limit, func() error {
			e, err := store.Get(b.t.Context(), record.Key{Account: "acme", InvoiceID: id})
			if err == nil && e.State() != record.Closed {
				err = fmt.Errorf("the record of invoice %d is %s", id, e.State())
			}
			return err
		})
	}
}

// total is what ServiceTrade says that the processed invoices add up to.
func (b *bubble) total(ids []int64) (processed int, total decimal.Decimal) {
	b.t.Helper()
	for _, id := range ids {
		inv, err := b.sandbox.API.Invoice(id)
		require.NoError(b.t, err)
		if inv.Status == "processed" {
			amount, err := decimal.NewFromString(inv.Total.String())
			require.NoError(b.t, err)
			total, processed = total.Add(amount), processed+1
		}
	}
	return processed, total
}

// requireOnce compares the books with ServiceTrade: every invoice is processed, is
// in the journal once, was written to once, and the totals are the same.
func (b *bubble) requireOnce(ids []int64) decimal.Decimal {
	b.t.Helper()
	processed, total := b.total(ids)
	require.Equal(b.t, len(ids), processed)
	tie, err := hledger.TieOut(b.t.Context(), filepath.Join(b.dir, "books"), "")
	require.NoError(b.t, err)
	require.Equal(b.t, len(ids), tie.Count, "documents in the books")
	require.Equal(b.t, total.StringFixed(2), tie.Total.StringFixed(2), "total of the books")
	markers, puts := b.markers(), map[string]int{}
	for _, r := range b.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPut}) {
		if r.Status == http.StatusOK || strings.Contains(r.Fault, "Cut after") { // not what never arrived
			puts[r.Path]++
		}
	}
	require.Len(b.t, markers, len(ids))
	require.Len(b.t, puts, len(ids))
	for _, id := range ids {
		require.Equal(b.t, 1, markers[fmt.Sprintf("st-acme-%d", id)], "documents of invoice %d", id)
		require.Equal(b.t, 1, puts[invoicePath(id)], "PUTs of invoice %d", id)
	}
	return total
}

// markers counts in the journal's own text how often each invoice is in it.
func (b *bubble) markers() map[string]int {
	b.t.Helper()
	found := map[string]int{}
	err := filepath.WalkDir(filepath.Join(b.dir, "books"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, part := range strings.Split(string(text), "stid:")[1:] {
			found[strings.TrimSpace(strings.FieldsFunc(part, func(r rune) bool { return r == ',' || r == '\n' })[0])]++
		}
		return err
	})
	require.NoError(b.t, err)
	return found
}

func invoicePath(id int64) string { return fmt.Sprintf("/api/invoice/%d", id) }
