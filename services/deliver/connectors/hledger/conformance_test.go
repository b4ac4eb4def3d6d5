package hledger

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{
		New:             newTarget,
		Sample:          sample,
		UnknownAccount:  unknownAccount,
		UnknownCustomer: func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C404" },
		OtherCustomer: func(d *tradepostv1.Document) {
			d.Customer.CompanyId, d.Customer.Name, d.Customer.Reference.Value = 8, "Brown & Sons", "C200"
		},
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{Name: "NC Wake", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED}}
		},
		Faults: map[string]func(*tradepostv1.Document){
			"account.not_in_books":  unknownAccount,
			"customer.not_in_books": func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C404" },
			"currency.not_in_books": func(d *tradepostv1.Document) { d.Currency = "EUR" },
			"date.invalid":          func(d *tradepostv1.Document) { d.IssueDate = "2026-02-30" },
			"line.amount_invalid":   func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
			"text.refused":          func(d *tradepostv1.Document) { d.Number = "1(2" },
			"total.mismatch":        func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
		},
		Lacks: map[connectortest.Capability]string{
			connectortest.UniqueNumbers:     "a journal may use a transaction code twice",
			connectortest.ServerErrors:      "there is no server: the disk commits, or says why not",
			connectortest.SlowAnswers:       "the commit is one link, and is not answered late",
			connectortest.HiddenWrites:      "a file is there as soon as it is linked",
			connectortest.Voids:             "a journal has no void: a bookkeeper removes the transaction, or books it back",
			connectortest.PeriodLists:       "TieOut has hledger itself add up the journal",
			connectortest.ChangeLists:       "a journal keeps no time of change",
			connectortest.IdempotentCreates: "the name of the file is what keeps a second document out",
			connectortest.HandOvers:         "a transaction is in the journal at once",
		},
	})
}

func unknownAccount(d *tradepostv1.Document) {
	d.Lines[0].RevenueAccount = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: "revenue:nobody knows"}
}

// newTarget keeps customers to the chart, so that an unknown one can be refused.
func newTarget(t *testing.T) connectortest.Target {
	dir := t.TempDir()
	chartOnly := func(c *Config) { c.Customers = CustomersChart }
	l := books(t, dir, chartOnly)
	writeFile(t, readFile(t, dir, "chart.journal")+"account assets:receivable:C100\naccount assets:receivable:C200\n", dir, "chart.journal")
	own := func(marker string) string { return filepath.Join(dir, invoiceDir, marker+".journal") }
	return connectortest.Target{
		Connector: l,
		Reopen:    func() connector.Connector { return books(t, dir, chartOnly) },
		Count:     func(marker string) int { return countMarkers(t, dir, marker) },
		ReadBack:  func(marker string) connectortest.Kept { return keptOf(t, readFile(t, own(marker))) },
		Copy:      func(marker string) { writeFile(t, readFile(t, own(marker)), dir, "copied.journal") },
		Delete:    func(marker string) { require.NoError(t, os.Remove(own(marker))) },
		Tamper: func(marker string) {
			writeFile(t, strings.ReplaceAll(readFile(t, own(marker)), "275.00", "276.00"), own(marker))
		},
		Troubles: map[string]func(on bool){
			connector.ReasonBooksMissing: func(on bool) {
				from, to := dir, dir+".away"
				if !on {
					from, to = to, from
				}
				require.NoError(t, os.Rename(from, to))
			},
		},
		LoseAnswers: func(on bool) {
			l.reached = func(s step) error {
				if on && s == stepSettle {
					return errDied
				}
				return nil
			}
		},
	}
}

// posted is a posting of a journal file: its amount in dollars, and its comment.
var posted = regexp.MustCompile(`(?m)^ +[a-z][^;\n]*  +\$(-?[0-9.,]+) +; (line|tax):(.*)$`)

// keptOf reads lines and tax out of a document's file.
func keptOf(t *testing.T, file string) connectortest.Kept {
	credited := decimal.NewFromInt(-1) // An invoice credits its lines.
	if strings.Contains(file, "kind:"+creditMemoTag) {
		credited = decimal.NewFromInt(1)
	}
	var kept connectortest.Kept
	for _, m := range posted.FindAllStringSubmatch(file, -1) {
		amount, err := decimal.NewFromString(strings.ReplaceAll(m[1], ",", ""))
		require.NoError(t, err)
		if text := amount.Mul(credited).String(); m[2] == "tax" {
			kept.Tax = text
		} else {
			kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: m[3], Amount: text})
		}
	}
	return kept
}
