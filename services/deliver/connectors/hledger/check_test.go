package hledger

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func codesOf(faults []*tradepostv1.Fault) []string {
	codes := []string{}
	for _, f := range faults {
		codes = append(codes, f.GetCode())
	}
	return codes
}

func TestUnknownAccountsAreToldAllAtOnce(t *testing.T) {
	needProgram(t)
	d := sample(1)
	d.Lines[0].RevenueAccount = named1("revenue:a")
	d.Lines = append(d.Lines,
		&tradepostv1.Line{Key: "2", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: "0", RevenueAccount: named1("revenue:b")},
		&tradepostv1.Line{Key: "3", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: "0", RevenueAccount: named1("revenue:a")})
	for _, check := range []string{CheckRequired, CheckWhenInstalled} {
		dir := t.TempDir()
		l := books(t, dir, func(c *Config) {
			if c.Check = check; check == CheckWhenInstalled {
				c.Program = "no-such-program"
			}
		})
		r, ok := l.Create(t.Context(), postingOf(t, d)).(connector.Rejected)
		require.True(t, ok)
		require.Equal(t, []string{"account.not_in_books", "account.not_in_books"}, codesOf(r.Faults))
		require.Equal(t, `Account "revenue:a"`, r.Faults[0].GetThing())
		require.Equal(t, `Account "revenue:b"`, r.Faults[1].GetThing())
		require.Equal(t, tradepostv1.FaultOwner_FAULT_OWNER_BOOKKEEPER, r.Faults[0].GetOwner())
		require.Empty(t, tempFiles(t, dir))
		require.Empty(t, mustFind(t, l, "st-kit-1"))
		// The bookkeeper adds the accounts, in a file that the chart includes.
		writeFile(t, readFile(t, dir, "chart.journal")+"include more/*.journal\n", dir, "chart.journal")
		require.NoError(t, os.Mkdir(filepath.Join(dir, "more"), 0o755))
		writeFile(t, "account revenue:a  ; type: R\naccount revenue:b\n", dir, "more", "a.journal")
		mustPost(t, l, d)
		strict(t, dir)
	}
}

func TestProgramMissing(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir, func(c *Config) { c.Program, c.Check = "no-such-program", CheckRequired })
	wait, ok := l.Create(t.Context(), postingOf(t, sample(1))).(connector.Wait)
	require.True(t, ok)
	require.Equal(t, connector.ReasonProgramMissing, wait.Reason)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, wait.Scope)
	require.Equal(t, []string{"connection.program_missing"}, codesOf(l.Check(t.Context())))
	relaxed := books(t, dir, func(c *Config) { c.Program, c.Check = "no-such-program", CheckWhenInstalled })
	mustPost(t, relaxed, sample(1))
	require.Empty(t, relaxed.Check(t.Context()))
}

// The chart's own mistakes are nobody's invoice: the connection waits.
func TestBrokenChart(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	l := books(t, dir)
	good := readFile(t, dir, "chart.journal")
	writeFile(t, good+"acount x\n", dir, "chart.journal")
	wait, ok := l.Create(t.Context(), postingOf(t, sample(1))).(connector.Wait)
	require.True(t, ok)
	require.Equal(t, connector.ReasonBooksBroken, wait.Reason)
	require.Equal(t, []string{"books.broken"}, codesOf(l.Check(t.Context())))
	writeFile(t, good, dir, "chart.journal")
	mustPost(t, l, sample(1))
}

func TestProgramThatHangsIsKilled(t *testing.T) {
	dir := t.TempDir()
	hang := filepath.Join(dir, "hang")
	require.NoError(t, os.WriteFile(hang, []byte("#!/bin/sh\nwhile :; do :; done\n"), 0o755))
	l := books(t, filepath.Join(dir, "books"), func(c *Config) { c.Program, c.Check = hang, CheckRequired })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	wait, ok := l.Create(ctx, postingOf(t, sample(1))).(connector.Wait)
	require.True(t, ok)
	require.Equal(t, connector.ReasonTimeout, wait.Reason)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, wait.Scope)
	require.Less(t, time.Since(began), callTimeout)
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	fresh, err := New(Config{JournalDir: filepath.Join(dir, "new")}, connector.Settings{Connection: "demo"})
	require.NoError(t, err)
	require.Empty(t, fresh.Check(t.Context()), "books that are not there yet can be made")
	require.NoDirExists(t, filepath.Join(dir, "new"), "a check makes nothing")

	l := books(t, dir)
	writeFile(t, "include chart.journal\n", dir, mainFile)
	require.Equal(t, []string{"books.broken"}, codesOf(l.Check(t.Context())), "the documents are not part of the book")
	writeFile(t, "include nowhere.journal\n", dir, mainFile)
	require.Equal(t, []string{"books.broken"}, codesOf(l.Check(t.Context())))
	writeFile(t, "include chart.journal\ninclude invoices/*.journal\n", dir, mainFile)
	writeFile(t, "commodity $1000.00\naccount assets:receivable\naccount revenue\n", dir, "chart.journal")
	require.Equal(t, []string{"account.not_in_books"}, codesOf(l.Check(t.Context())))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, tempDir)))
	require.Contains(t, codesOf(l.Check(t.Context())), "books.missing")
}

func TestPlaceThatCannotHoldBooks(t *testing.T) {
	dir := t.TempDir()
	locked := filepath.Join(dir, "locked")
	require.NoError(t, os.Mkdir(locked, 0o500))
	require.NoError(t, os.Chmod(locked, 0o555))
	for at, code := range map[string]string{
		filepath.Join(locked, "books"): "books.not_writable",
		locked:                         "books.not_writable",
		filepath.Join(dir, "not", "there", "yet"): "books.missing",
	} {
		l, err := New(Config{JournalDir: at, Check: CheckWhenInstalled}, connector.Settings{Connection: "demo"})
		require.NoError(t, err)
		require.Equal(t, []string{code}, codesOf(l.Check(t.Context())), at)
	}
}

func TestOtherCommodity(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	l := books(t, dir, func(c *Config) { c.Currency = "EUR" })
	d := sample(1)
	d.Currency = "EUR"
	require.Equal(t, "275.00", mustPost(t, l, d).Document.Total)
	require.Contains(t, readFile(t, l.file("st-kit-1")), "-275.00 EUR  ;")
	strict(t, dir)
	tie, err := TieOut(t.Context(), dir, "")
	require.NoError(t, err)
	require.Equal(t, "275", tie.Total.String())
}

func TestTieOutFails(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	l := books(t, dir)
	tie, err := TieOut(t.Context(), dir, "")
	require.NoError(t, err)
	require.Zero(t, tie.Count)
	mustPost(t, l, sample(1))
	writeFile(t, "2026-01-01 x\n    a  $1\n    b  $-2\n", dir, invoiceDir, "unbalanced.journal")
	_, err = TieOut(t.Context(), dir, "")
	require.ErrorContains(t, err, "could not balance")
	_, err = TieOut(t.Context(), dir, "no-such-program")
	require.ErrorIs(t, err, errProgramMissing)
}

func TestSettings(t *testing.T) {
	decode := func(text string) func(any) error {
		return func(into any) error { return yaml.UnmarshalWithOptions([]byte(text), into, yaml.Strict()) }
	}
	reg := Registration()
	require.Equal(t, "hledger", reg.Kind)
	c, err := reg.New(t.Context(), connector.Settings{Connection: "demo", Dir: "/etc/tradepost", Decode: decode("journal_dir: books\naccounts:\n  receivable: Forderungen\n")})
	require.NoError(t, err)
	require.Equal(t, "/etc/tradepost/books", c.(*Ledger).cfg.JournalDir)
	require.Equal(t, "Forderungen", c.(*Ledger).cfg.Accounts.Receivable)
	require.Equal(t, "$", c.(*Ledger).cfg.Commodity)
	require.NoError(t, c.Close())

	_, err = reg.New(t.Context(), connector.Settings{Connection: "demo", Decode: decode("journal: books\n")})
	require.ErrorContains(t, err, "connection demo")
	_, err = reg.New(t.Context(), connector.Settings{Connection: "demo", Decode: decode(
		"check: maybe\ncustomers: all\nchart: ../x\ncurrency: dollars\ncommodity: 'a b'\naccounts: {revenue: 'a;b', discount: 'a: b'}\ndeclare: ['(x)']\n")})
	for _, word := range []string{"journal_dir", "check", "customers", "chart", "currency", "commodity", "accounts.revenue", "accounts.discount", "declare"} {
		require.ErrorContains(t, err, "setting "+word, "all problems at once")
	}
}
