package posting_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// listening is a poster that notes which customers it tells, and what the record
// said at that moment.
func (w *workbench) listening() (*posting.Poster, *[]externalid.Posted, *[]tradepostv1.RecordState) {
	var told []externalid.Posted
	var states []tradepostv1.RecordState
	p := w.poster("a")
	p.Customers = func(_ context.Context, of externalid.Posted) {
		told, states = append(told, of), append(states, w.record().GetState())
	}
	w.books.customers = []connector.Customer{{Record: connector.RecordCompany, RecordID: 7, ID: "C1", Created: true}}
	return p, &told, &states
}

func TestCustomersAreToldOnceTheOutcomeIsInTheRecord(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, told, states := w.listening()
		m := w.open()
		for range 3 {
			w.deliver(p, m)
		}
		require.Len(t, *told, 1, "once for one posting, however often it is delivered")
		require.Equal(t, []tradepostv1.RecordState{record.Outcome}, *states)
		one := (*told)[0]
		require.Equal(t, w.books.customers, one.Customers)
		require.Equal(t, "Acme", one.Document.GetCustomer().GetName())
		require.Equal(t, int64(1), one.Send)
		require.Equal(t, m.Subject, one.Subject)
	})
}

func TestCustomersOfARejectedDocumentAreNotTold(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, told, _ := w.listening()
		w.books.spoil = "522.49"
		w.deliver(p, w.open())
		require.Equal(t, []string{"document.total_differs"}, w.faults())
		require.Empty(t, *told)
	})
}

// A worker that lost its record to another one tells nothing: the other one does.
func TestALostRaceTellsNoCustomers(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, told, _ := w.listening()
		m := w.open()
		w.books.after = func(context.Context, connector.Posting) connector.Answer {
			w.books.after = nil
			_, err := w.gate.Store.Change(t.Context(), w.entry(), record.Hold("test"))
			require.NoError(t, err)
			return nil
		}
		require.Error(t, p.Handle(t.Context(), m))
		require.Empty(t, *told)
	})
}
