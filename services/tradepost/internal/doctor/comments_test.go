package doctor_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// failedOnes fails some invoices of the world, each with a comment as Tradepost
// writes it, and one by hand, without.
func failedOnes(t *testing.T, w *world) {
	t.Helper()
	for i, inv := range w.sandbox.API.Invoices("ok")[:3] {
		require.NoError(t, w.sandbox.API.SetStatus(inv.ID, "failed"))
		if i > 0 {
			_, err := w.sandbox.API.Comment(inv.ID, "Not posted.", &[]string{})
			require.NoError(t, err)
		}
	}
}

func TestFailedInvoicesProveTheNumber(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	clean := w.sandbox.API.Invoices("ok")[10].ID
	require.Equal(t, doctor.Skip, only(t, w.run(), onAccount, "comments").Status, "there is nothing to look at yet")
	failedOnes(t, w)
	for name, invoice := range map[string]int64{"by itself": 0, "the named one has no comment": clean} {
		w.options.InvoiceID = invoice
		require.Equal(t, doctor.OK, only(t, w.run(), onAccount, "comments").Status, name)
	}
}

func TestWrongNumberIsToldByFailedInvoices(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.account["invoice_entity_type"] = 7
	failedOnes(t, w)
	r := only(t, w.run(), onAccount, "comments")
	require.Equal(t, doctor.Warn, r.Status)
	require.Contains(t, r.Problem, "accounts.acme.servicetrade.invoice_entity_type is 7, and none of 3 failed invoices has a comment under that number")
	require.Contains(t, r.Fix, "tradepost doctor --find-entity-type --account acme")

	w.options.InvoiceID = w.sandbox.API.Invoices("failed")[1].ID
	require.Equal(t, doctor.Warn, only(t, w.run(), onAccount, "comments").Status, "it has a comment, under 13")

	w.options.InvoiceID = 0
	w.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
		if r.URL.Path != "/api/comment" {
			return nil
		}
		return &sandbox.Fault{Status: 400, Body: `{"messages":{"error":["entityType 7 cannot carry comments"]}}`}
	})
	report := w.run()
	require.False(t, report.OK)
	refused := only(t, report, onAccount, "comments")
	require.Contains(t, refused.Problem, "accounts.acme.servicetrade.invoice_entity_type is 7, and ServiceTrade refuses that number")
	require.Contains(t, refused.Problem, "entityType 7 cannot carry comments")
	require.Contains(t, refused.Fix, "--find-entity-type")
}
