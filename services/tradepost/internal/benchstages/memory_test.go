package benchstages

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var companies atomic.Int64

func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{
		New: func(*testing.T) connectortest.Target {
			own := newTarget(fmt.Sprint("company ", companies.Add(1)))
			return connectortest.Target{
				Connector: own,
				Reopen:    func() connector.Connector { return &target{own.company} },
				Count: func(marker string) int {
					own.mu.Lock()
					defer own.mu.Unlock()
					if _, there := own.docs[marker]; there {
						return 1
					}
					return 0
				},
				Delete: func(marker string) {
					own.mu.Lock()
					defer own.mu.Unlock()
					delete(own.docs, marker)
				},
			}
		},
		Sample: sample,
		Lacks: map[connectortest.Capability]string{
			connectortest.Updates:           "a benchmark posts once",
			connectortest.UniqueNumbers:     "nobody looks at the numbers",
			connectortest.Tampering:         "nobody is there to do it",
			connectortest.LostAnswers:       "memory always answers",
			connectortest.KnownAccounts:     "memory has no chart of accounts",
			connectortest.KnownCustomers:    "memory knows no customers",
			connectortest.Previews:          "there is nothing to check",
			connectortest.KnownFaults:       "there is nothing to refuse",
			connectortest.ServerErrors:      "memory has no errors",
			connectortest.SlowAnswers:       "memory is fast",
			connectortest.HiddenWrites:      "memory hides nothing",
			connectortest.Outages:           "memory is always there",
			connectortest.Voids:             "a benchmark posts only",
			connectortest.PeriodLists:       "a benchmark posts only",
			connectortest.ChangeLists:       "a benchmark posts only",
			connectortest.ReferenceData:     "there is none",
			connectortest.IdempotentCreates: "the marker is what keeps a second document out",
			connectortest.ReportsCustomers:  "memory knows no customers",
			connectortest.SalesTax:          "a benchmark sends none",
			connectortest.ReadsBack:         "memory keeps no lines",
			connectortest.Copies:            "memory has one place for each marker",
			connectortest.HandOvers:         "a document is made at once",
		},
	})
}

func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprint("st-kit-", id),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, Total: "20.00"},
		Number: fmt.Sprint(id), IssueDate: "2026-11-22", Currency: "USD",
		Customer: &tradepostv1.Customer{Name: "ACME"},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "1", UnitPrice: "20.00", Amount: "20.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "20.00", Total: "20.00"},
	}
}
