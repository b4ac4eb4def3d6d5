package tryton

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
)

// tooLate leaves a busy machine the time to come to the write.
const tooLate = 5 * time.Second

// The kit runs against a real Tryton, once without a unique index on the reference, and
// once with it.
func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, harness(newCompanies(t, false)))
}

func TestConformanceWithAUniqueIndex(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, harness(newCompanies(t, true)))
}

func harness(c *companies) connectortest.Harness {
	reference := func(v string) *tradepostv1.Reference {
		return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: v}
	}
	unknownAccount := func(d *tradepostv1.Document) { d.Lines[0].RevenueAccount = reference("4999") }
	unknownCustomer := func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C404" }
	return connectortest.Harness{
		TooLate: tooLate, New: c.target, Sample: sample, UnknownAccount: unknownAccount, UnknownCustomer: unknownCustomer,
		OtherCustomer: func(d *tradepostv1.Document) {
			d.Customer.CompanyId, d.Customer.Name, d.Customer.Reference.Value = 8, "Brown & Sons", "C200"
		},
		AddTax: func(d *tradepostv1.Document, amount string) {
			d.Taxes = []*tradepostv1.Tax{{
				Name: "Sales tax", Amount: amount, Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED, Code: reference("NC sales tax"),
			}}
		},
		Faults: map[string]func(*tradepostv1.Document){
			"account.not_in_books":     unknownAccount,
			"customer.not_in_books":    unknownCustomer,
			"customer.incomplete":      func(d *tradepostv1.Document) { d.Customer.Reference.Value = "C300" },
			"currency.not_in_books":    func(d *tradepostv1.Document) { d.Currency = "EUR" },
			"connection.mapping_wrong": func(d *tradepostv1.Document) { d.Job.BelowCustomer = true },
			"item.not_in_books":        func(d *tradepostv1.Document) { d.Lines[0].Item = &tradepostv1.Item{Reference: reference("NOTHING")} },
			"tax.not_in_books": func(d *tradepostv1.Document) {
				d.Taxes = []*tradepostv1.Tax{{Amount: "0.00", Source: tradepostv1.TaxSource_TAX_SOURCE_AS_BILLED, Code: reference("no tax")}}
			},
			"terms.not_in_books":      func(d *tradepostv1.Document) { d.Terms = &tradepostv1.Terms{Reference: reference("Net 31")} },
			"date.invalid":            func(d *tradepostv1.Document) { d.IssueDate = "2026-02-30" },
			"document.date_closed":    func(d *tradepostv1.Document) { d.IssueDate = "2025-01-20" },
			"document.period_missing": func(d *tradepostv1.Document) { d.IssueDate = "2019-01-20" },
			"line.amount_invalid":     func(d *tradepostv1.Document) { d.Lines[0].Amount = "a lot" },
			"total.mismatch":          func(d *tradepostv1.Document) { d.Totals.Total = "10000.01" },
			"account.not_mapped":      func(d *tradepostv1.Document) { d.Lines[0].Kind = tradepostv1.LineKind_LINE_KIND_RETAINAGE },
			// Tryton itself takes only revenue accounts in the lines of an invoice.
			"accounting.refused": func(d *tradepostv1.Document) {
				d.Lines[0].RevenueAccount = &tradepostv1.Reference{
					By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: "Main Cash",
				}
			},
		},
		Lacks: map[connectortest.Capability]string{
			connectortest.Updates:           "Tryton never changes a posted invoice: a bookkeeper cancels it, and it is posted anew",
			connectortest.Deletes:           "Tryton never removes a posted invoice, only drafts",
			connectortest.Tampering:         "Tryton lets nobody change a posted invoice",
			connectortest.HiddenWrites:      "what Tryton answered is committed, and is read from the same database",
			connectortest.ChangeLists:       "what is posted is never changed, and Find shows what was cancelled",
			connectortest.IdempotentCreates: "Tryton knows no keys: the reference is looked for, or its unique index keeps a second one out",
			connectortest.HandOvers:         "Tryton answers at once",
		},
	}
}

// companies are databases of one server, each used by one case at a time.
type companies struct {
	server *trytontest.Server
	unique bool
	free   []*trytontest.Database
}

func newCompanies(t *testing.T, unique bool) *companies {
	t.Helper()
	c := &companies{server: trytontest.Start(t), unique: unique}
	for _, name := range []string{"first", "second"} {
		db := c.server.Database(name)
		if unique {
			db.UniqueIndex()
		}
		c.free = append(c.free, db)
	}
	return c
}

func (c *companies) target(t *testing.T) connectortest.Target {
	require.NotEmpty(t, c.free, "a case has more than two companies at once")
	db := c.free[0]
	c.free = c.free[1:]
	t.Cleanup(func() {
		db.Clear()
		c.free = append(c.free, db)
	})
	gate := newGateway(t, c.server.URL)
	open := func() connector.Connector {
		return books(t, gate.URL, db.Name, func(cfg *Config) { cfg.UniqueIndex = c.unique })
	}
	return connectortest.Target{
		Connector: open(), Reopen: open,
		Count:           func(marker string) int { return posted(db, marker) },
		ReadBack:        func(marker string) connectortest.Kept { return readBack(t, db, marker) },
		Copy:            c.copier(t, db),
		LoseAnswers:     gate.loses(),
		FailAfterCommit: gate.failsAfter(),
		SlowDown:        gate.slow(2 * tooLate),
		Troubles:        map[string]func(on bool){connector.ReasonUnreachable: gate.refuses()},
	}
}

// copier duplicates an invoice as a bookkeeper does, and posts the copy. Where the
// index keeps that out, the substitute runs.
func (c *companies) copier(t *testing.T, db *trytontest.Database) func(marker string) {
	return func(marker string) {
		if c.unique {
			t.Skip("the index keeps a second invoice of a marker out, a bookkeeper's too")
		}
		id := keptBy(db, marker)[0].ID
		db.Call("model.account.invoice.copy", []int64{id}, map[string]any{"invoice_date": trytontest.Day(t, "2026-11-22")})
		for _, k := range keptBy(db, marker) {
			if k.State == "draft" {
				db.Call("model.account.invoice.post", []int64{k.ID})
			}
		}
	}
}

func readBack(t *testing.T, db *trytontest.Database, marker string) connectortest.Kept {
	t.Helper()
	all := keptBy(db, marker)
	require.Len(t, all, 1)
	memo := all[0].Total.IsNegative()
	sign := func(d trytontest.Decimal) string {
		if memo {
			return d.Neg().String()
		}
		return d.String()
	}
	back := connectortest.Kept{Tax: sign(all[0].TaxAmount)}
	for _, ln := range all[0].Lines {
		back.Lines = append(back.Lines, connectortest.KeptLine{Description: ln.Description, Amount: sign(ln.Amount)})
	}
	return back
}
