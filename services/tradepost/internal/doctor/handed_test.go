package doctor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// An invoice was voided while its import file waits: people hear of it while they can keep
// it out of the books.
func TestAnInvoiceThatWasVoidedWhileItsFileWaitsIsTold(t *testing.T) {
	w, js := queued(t)
	handed := func(id int64) {
		keep(t, js, "acme", int(id), `"state":"RECORD_STATE_HANDED","handedToken":"st-acme-x.1"`)
	}
	ids := w.sandbox.API.Invoices()
	require.Greater(t, len(ids), 2)
	none := func(r *doctor.Report) {
		for _, one := range r.Results {
			require.NotContains(t, one.Problem, "voided in ServiceTrade")
		}
	}
	require.NoError(t, w.sandbox.API.Void(ids[0].ID))
	none(w.run())
	handed(ids[1].ID)
	none(w.run())
	// What takes the void invoice back waits to be imported, and has to be.
	keep(t, js, "acme", int(ids[0].ID), `"state":"RECORD_STATE_HANDED","handedToken":"st-acme-x-v.1","startStatus":"void"`)
	none(w.run())
	handed(ids[0].ID)
	told := only(t, w.run(), "account acme", "handed over")
	require.Equal(t, doctor.Warn, told.Status)
	require.True(t, strings.HasPrefix(told.Problem, "1 invoice is voided in ServiceTrade, and waiting in an import file"), told.Problem)
	require.Contains(t, told.Problem, "acme-books, handed over as st-acme-x.1")
}
