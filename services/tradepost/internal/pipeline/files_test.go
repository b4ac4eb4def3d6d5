package pipeline_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/sage50"
	"github.com/tradepost/tradepost/services/sandbox"
)

// fileSettings are those of a company of Sage 50 that imports files of five invoices.
var fileSettings = map[string]any{
	"folder": "outbox", "header": true, "batch": 5, "wait": "10m", "net_days": 30,
	"accounts": map[string]any{"receivable": "11000", "revenue": "40000"},
}

// importFiles lists the files that wait to be imported.
func (b *bubble) importFiles() []string {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "outbox", "SALES-*.csv"))
	require.NoError(b.t, err)
	return files
}

// putAway moves a file as a person does.
func (b *bubble) putAway(file, where string) {
	b.t.Helper()
	require.NoError(b.t, os.Rename(file, filepath.Join(b.dir, "outbox", where, filepath.Base(file))))
}

// inFile reads what a file owes by invoice number.
func (b *bubble) inFile(file string) map[string]decimal.Decimal {
	b.t.Helper()
	f, err := os.Open(file)
	require.NoError(b.t, err)
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	require.NoError(b.t, err)
	number, amount := -1, -1
	for i, name := range records[0] {
		switch name {
		case "Invoice/CM #":
			number = i
		case "Amount":
			amount = i
		}
	}
	owed := map[string]decimal.Decimal{}
	for _, r := range records[1:] {
		owed[r[number]] = owed[r[number]].Sub(decimal.RequireFromString(r[amount]))
	}
	return owed
}

// states counts the records by state.
func (b *bubble) states(ids []int64) map[string]int {
	b.t.Helper()
	store, err := record.Open(b.t.Context(), b.js)
	require.NoError(b.t, err)
	n := map[string]int{}
	for _, id := range ids {
		e, err := store.Get(b.t.Context(), record.Key{Account: "acme", InvoiceID: id})
		require.NoError(b.t, err)
		n[record.StateName(e.State())]++
	}
	return n
}

func (b *bubble) statuses(ids []int64) map[string]int {
	b.t.Helper()
	n := map[string]int{}
	for _, id := range ids {
		inv, err := b.sandbox.API.Invoice(id)
		require.NoError(b.t, err)
		n[inv.Status]++
	}
	return n
}

// From Send to a file, which is not processed; to the file that a person put away, which
// is; by two replicas on one folder. A file that was rejected fails with the person's own
// words, and is sent again in another file.
func TestInvoicesAreProcessedOnceTheirFileWasImported(t *testing.T) {
	lay := func(b *bubble) {
		b.kind, b.settings, b.resend = "sage50", fileSettings, "update"
		b.mapping = map[string]any{"accounts": map[string]any{"receivable": "11000", "revenue_default": "40000"}}
	}
	inBubbleOf(t, sandbox.Options{Book: sandbox.DemoBook(7)}, 2, lay, func(b *bubble) {
		ids := b.sendable(12)
		require.NoError(t, b.sandbox.API.Send("", ids...))
		b.await(time.Hour, func() error {
			if n := len(b.importFiles()); n != 3 {
				return fmt.Errorf("%d files, records %v", n, b.states(ids))
			}
			return nil
		})
		time.Sleep(91 * time.Minute) // fake time: nobody imports anything
		require.Equal(t, map[string]int{"handed": 12}, b.states(ids))
		require.Equal(t, map[string]int{"pending_accounting": 12}, b.statuses(ids))
		files := b.importFiles()
		require.Len(t, files, 3, "and no more of them")

		in := b.inFile(files[0])
		b.putAway(files[0], "imported")
		moved := time.Now()
		b.awaitStatuses(ids, map[string]int{"processed": len(in), "pending_accounting": 12 - len(in)})
		require.Less(t, time.Since(moved), 30*time.Second, "nobody waits for a sweep") // fake time

		refused := b.inFile(files[1])
		reason := "The period 11/2026 is closed."
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, "outbox", "rejected", filepath.Base(files[1])+".txt"), []byte(reason), 0o600))
		b.putAway(files[1], "rejected")
		b.awaitStatuses(ids, map[string]int{"processed": len(in), "failed": len(refused), "pending_accounting": 12 - len(in) - len(refused)})
		failed := b.withStatus(ids, "failed")
		for _, id := range failed {
			comments := b.sandbox.API.Comments(id)
			require.Len(t, comments, 1)
			require.Contains(t, comments[0].Content, reason)
		}

		// The operator vouches for the third, and the office sends the second again.
		b.judge(connector.Judgement{File: filepath.Base(files[2]), State: connector.FileImported, By: "test"})
		require.NoError(t, b.sandbox.API.Send("", failed...))
		b.await(time.Hour, func() error {
			if len(b.importFiles()) != 1 {
				return errors.New("no new file yet")
			}
			return nil
		})
		again := b.importFiles()[0]
		require.Equal(t, refused, b.inFile(again), "the same invoices in another file")
		b.putAway(again, "imported")
		b.awaitClosed(time.Hour, ids)
		require.Equal(t, map[string]int{"processed": 12}, b.statuses(ids))
		b.requireImported(ids)
	})
}

// sendable are n invoices that can be posted.
func (b *bubble) sendable(n int) []int64 {
	b.t.Helper()
	var ids []int64
	for _, inv := range b.sandbox.API.Invoices("ok") {
		if len(ids) < n && b.sandbox.API.Book().Expected[inv.ID].Posted() {
			ids = append(ids, inv.ID)
		}
	}
	require.Len(b.t, ids, n)
	return ids
}

func (b *bubble) withStatus(ids []int64, status string) []int64 {
	b.t.Helper()
	var of []int64
	for _, id := range ids {
		inv, err := b.sandbox.API.Invoice(id)
		require.NoError(b.t, err)
		if inv.Status == status {
			of = append(of, id)
		}
	}
	return of
}

func (b *bubble) awaitStatuses(ids []int64, want map[string]int) {
	b.t.Helper()
	b.await(time.Hour, func() error {
		have := b.statuses(ids)
		for status, n := range want {
			if have[status] != n {
				return fmt.Errorf("%v, records %v", have, b.states(ids))
			}
		}
		return nil
	})
}

// judge is `tradepost confirm`.
func (b *bubble) judge(j connector.Judgement) {
	b.t.Helper()
	at, none := filepath.Join(b.dir, "outbox"), time.Duration(0)
	c := sage50.Config{Wait: &none}
	c.Folder = at
	f, err := sage50.New(c, connector.Settings{Connection: "acme-books"})
	require.NoError(b.t, err)
	require.NoError(b.t, f.JudgeFile(b.t.Context(), j))
}

// requireImported compares the files that were imported with ServiceTrade, to the cent.
func (b *bubble) requireImported(ids []int64) {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "outbox", "imported", "SALES-*.csv"))
	require.NoError(b.t, err)
	total, seen := decimal.Zero, map[string]string{}
	for _, file := range files {
		for number, owed := range b.inFile(file) {
			require.Empty(b.t, seen[number], "%s is in %s too", number, file)
			seen[number] = file
			total = total.Add(owed)
		}
	}
	require.Len(b.t, seen, len(ids))
	_, want := b.total(ids)
	require.Equal(b.t, want.StringFixed(2), total.StringFixed(2))
	require.Empty(b.t, strings.Join(b.importFiles(), ", "))
}
