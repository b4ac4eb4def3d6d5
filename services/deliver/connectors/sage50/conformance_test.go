package sage50

import (
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// The same over a real SSH server, by a key and by a password.
func TestConformanceOverSFTP(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]func(t testing.TB) *sshtest.Server{"by a key": sshtest.WithKey, "by a password": sshtest.WithPassword} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // It mostly waits for the server.
			s := server(t)
			connectortest.Run(t, harness(func(t *testing.T) connectortest.Target {
				dir := filepath.Join(s.Dir, rand.Text())
				return room(t, dir, func(c *Config) { c.Place = outboxtest.Over(t, s, dir) }).Target(t)
			}))
		})
	}
}

func harness(target func(t *testing.T) connectortest.Target) connectortest.Harness {
	return connectortest.Harness{
		New: target, Sample: sample, OtherCustomer: outboxtest.OtherCustomer, Faults: faults, Lacks: outboxtest.Lacks(nil),
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "NC Wake", Amount: amount, Code: code("WAKE"), Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
			for _, ln := range d.Lines {
				ln.Taxable = true
			}
		},
	}
}

// room has a company of Sage 50 behind the folder.
func room(t *testing.T, dir string, change func(*Config)) outboxtest.Room {
	c := &company{t: t, dir: dir, columns: fullColumns}
	return outboxtest.Room{Dir: dir, Books: c, Tamper: c.tamper, Open: func() outboxtest.Files {
		cfg := settings(dir)
		cfg.now = c.now
		if change != nil {
			change(&cfg)
		}
		return connect(t, cfg)
	}}
}

// faults are what would stop an import, or spoil it.
var faults = map[string]func(*tradepostv1.Document){
	"account.not_mapped":    func(d *tradepostv1.Document) { d.Discount = nil; d.Totals.Discount = "1.00" },
	"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "CAD" },
	"date.invalid":          func(d *tradepostv1.Document) { d.IssueDate = "2026-02-30" },
	"document.incomplete":   func(d *tradepostv1.Document) { d.DueDate = "" },
	"line.amount_invalid":   func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
	"retainage.refused":     func(d *tradepostv1.Document) { d.Retainage = &tradepostv1.Retainage{Percent: "10", Amount: "27.50"} },
	"tax.more_than_one":     twoTaxes,
	"tax.not_in_books":      func(d *tradepostv1.Document) { d.Taxes = []*tradepostv1.Tax{{Amount: "1.00", Code: code("NOWHERE")}} },
	"text.refused":          func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C*100" },
	"text.too_long":         func(d *tradepostv1.Document) { d.PoNumber = strings.Repeat("7", 21) },
	"total.mismatch":        func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
}

func twoTaxes(d *tradepostv1.Document) {
	d.Taxes = []*tradepostv1.Tax{{Amount: "1.00", Code: code("WAKE")}, {Amount: "1.00", Code: code("DURHAM")}}
}

// What the tests of this package share with those of other connectors of files.
var (
	sample = outboxtest.Sample
	code   = outboxtest.Code
)

// settings are those of a company with two agencies in its sales taxes.
func settings(dir string, change ...func(*Config)) Config {
	atOnce := time.Duration(0)
	c := Config{
		Place: outbox.Place{Folder: dir}, Wait: &atOnce,
		Accounts: Accounts{Receivable: "11000", Revenue: "40000"},
		SalesTaxes: map[string][]Agency{
			"WAKE":   {{Agency: "NCDOR", Account: "23100", Rate: "4.75"}, {Agency: "WAKECO", Account: "23150", Rate: "2.5"}},
			"DURHAM": {{Agency: "NCDOR", Account: "23100", Rate: "4.75"}},
		},
	}
	for _, one := range change {
		one(&c)
	}
	return c
}

// connect opens the folder as deliver does.
func connect(t testing.TB, c Config) *Files {
	t.Helper()
	f, err := New(c, connector.Settings{Connection: "acme-sage"})
	require.NoError(t, err)
	_, err = f.Company(t.Context())
	require.NoError(t, err)
	return f
}
