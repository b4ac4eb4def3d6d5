package file

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox/outboxtest"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox/sshtest"
)

func TestConformance(t *testing.T) {
	dir := t.TempDir()
	connectortest.Run(t, harness(func(t *testing.T) connectortest.Target {
		return room(t, filepath.Join(dir, rand.Text()), nil).Target(t)
	}))
}

func TestConformanceOverSFTP(t *testing.T) {
	t.Parallel() // It mostly waits for the server.
	s := sshtest.WithKey(t)
	connectortest.Run(t, harness(func(t *testing.T) connectortest.Target {
		dir := filepath.Join(s.Dir, rand.Text())
		return room(t, dir, func(c *Config) { c.Place = outboxtest.Over(t, s, dir) }).Target(t)
	}))
}

func harness(target func(t *testing.T) connectortest.Target) connectortest.Harness {
	return connectortest.Harness{
		New: target, Sample: sample, OtherCustomer: outboxtest.OtherCustomer,
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "NC Wake", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		},
		Faults: map[string]func(*tradepostv1.Document){
			"document.incomplete": func(d *tradepostv1.Document) { d.Number = "" },
			"line.amount_invalid": func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
			"retainage.refused":   func(d *tradepostv1.Document) { d.Retainage = &tradepostv1.Retainage{Amount: "27.50"} },
			"text.too_long":       func(d *tradepostv1.Document) { d.PoNumber = strings.Repeat("7", 31) },
			"text.refused":        func(d *tradepostv1.Document) { d.DueDate = "2026-02-30" },
			"total.mismatch":      func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
		},
		Lacks: outboxtest.Lacks(map[connectortest.Capability]string{
			connectortest.Tampering: "nothing tells what becomes of a document in the books",
		}),
	}
}

// room has books of JSON lines behind the folder.
func room(t *testing.T, dir string, change func(*Config)) outboxtest.Room {
	return outboxtest.Room{Dir: dir, Books: &books{t: t, dir: dir}, Open: func() outboxtest.Files {
		cfg := lineSettings(dir)
		if change != nil {
			change(&cfg)
		}
		return connect(t, cfg)
	}}
}

var code = outboxtest.Code

// sample is an invoice of one line that has an account.
func sample(id int64) *tradepostv1.Document {
	d := outboxtest.Sample(id)
	d.Lines[0].RevenueAccount = code("4000-10")
	return d
}

// lineSettings are JSON lines, one for each row, with what the books of the tests keep.
func lineSettings(dir string) Config {
	atOnce := time.Duration(0)
	return Config{
		Place: outbox.Place{Folder: dir}, Wait: &atOnce, Format: FormatLines, Amount: "amount",
		Columns: []Column{
			{Name: "marker", Value: "{{.Marker}}"},
			{Name: "number", Value: "{{.Number}}", Required: true},
			{Name: "kind", Value: "{{.Kind}}"},
			{Name: "row", Value: "{{.Row}}"},
			{Name: "due", Value: `{{date "MM/DD/YYYY" .DueDate}}`},
			{Name: "po", Value: "{{.PO}}", Max: 30},
			{Name: "text", Value: "{{.Description}}"},
			{Name: "amount", Value: "{{.Amount}}", Number: true},
		},
	}
}

// books read what they import, and nothing of the connector.
type books struct {
	t   *testing.T
	dir string

	mu   sync.Mutex
	rows []row
}

type row struct {
	Marker, Number, Kind, Row, Due, PO, Text string
	Amount                                   json.Number
}

func (b *books) read(file string) []row {
	raw, err := os.ReadFile(file)
	require.NoError(b.t, err)
	var rows []row
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r row
		require.NoError(b.t, json.Unmarshal(lines.Bytes(), &r))
		rows = append(rows, r)
	}
	return rows
}

// Take puts the files away that have a marker, or all of them where it is "".
func (b *books) Take(marker string, refuse bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	files, err := filepath.Glob(filepath.Join(b.dir, "INVOICES-*.jsonl"))
	require.NoError(b.t, err)
	for _, f := range files {
		rows := b.read(f)
		if marker != "" && rows[0].Marker != marker {
			continue
		}
		where := "rejected"
		if !refuse {
			where, b.rows = "imported", append(b.rows, rows...)
		}
		require.NoError(b.t, os.Rename(f, filepath.Join(b.dir, where, filepath.Base(f))))
	}
}

func (b *books) of(marker string) (rows []row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rows {
		if r.Marker == marker {
			rows = append(rows, r)
		}
	}
	return rows
}

// Kept implements outboxtest.Books.
func (b *books) Kept(marker string) connectortest.Kept {
	var kept connectortest.Kept
	tax := decimal.Zero
	for _, r := range b.of(marker) {
		amount := decimal.RequireFromString(r.Amount.String())
		if r.Kind == "credit_memo" {
			amount = amount.Neg()
		}
		if r.Row == "tax" {
			tax = tax.Add(amount)
			continue
		}
		kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: r.Text, Amount: amount.String()})
	}
	kept.Tax = tax.String()
	return kept
}

// Remove implements outboxtest.Books.
func (b *books) Remove(marker string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var left []row
	for _, r := range b.rows {
		if r.Marker != marker {
			left = append(left, r)
		}
	}
	b.rows = left
}

// Count implements outboxtest.Books.
func (b *books) Count(marker string) int {
	n, rows := 0, b.of(marker)
	for i, r := range rows {
		if i == 0 || r.Number != rows[i-1].Number {
			n++
		}
	}
	return n
}

func connect(t testing.TB, c Config) *Files {
	t.Helper()
	f, err := New(c, connector.Settings{Connection: "acme-file"})
	require.NoError(t, err)
	_, err = f.Company(t.Context())
	require.NoError(t, err)
	return f
}
