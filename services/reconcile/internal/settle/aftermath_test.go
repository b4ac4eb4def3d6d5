package settle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// superseded brings the record to a send that was posted and then closed as superseded.
func (d *desk) superseded() {
	d.t.Helper()
	m := d.outcome(postedAs("1042", false))
	e, err := d.Gate.Store.Get(d.t.Context(), d.key())
	require.NoError(d.t, err)
	_, err = d.Gate.Store.Change(d.t.Context(), e, func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
		r.Documents = []*tradepostv1.DocumentRef{{Kind: 1, Connection: "acme-books", Id: "77", Number: "1042", Total: "522.50"}}
		return r, nil
	})
	require.NoError(d.t, err)
	d.office.invoice.Notes = "changed by a user"
	d.handle(m)
	require.Equal(d.t, tradepostv1.Settlement_SETTLEMENT_SUPERSEDED, d.record().GetSettlement())
	require.Empty(d.t, d.office.writes)
}

func (d *desk) lookAfter() {
	d.t.Helper()
	time.Sleep(5 * time.Minute) // fake time
	e, err := d.Gate.Store.Get(d.t.Context(), d.key())
	require.NoError(d.t, err)
	require.NoError(d.t, d.LookAfter(d.t.Context(), e, time.Now()))
}

// A user changes the invoice while it is posted, and then takes it back: no further
// send opens, and the document in the books is told.
func TestWhatASupersededSendLeftInTheBooksIsTold(t *testing.T) {
	for _, status := range []string{"ok", "failed", "processed"} {
		t.Run(status, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.superseded()
				require.False(t, record.Finished(d.record()))
				d.office.invoice.Status = status
				d.lookAfter()
				require.Equal(t, []string{"comment"}, d.office.writes)
				require.Contains(t, d.office.comments[0].Content, "invoice 1042 (total 522.50)")
				require.True(t, record.Finished(d.record()))
				require.Empty(t, record.LeftBehind(d.record()))
				d.lookAfter()
				require.Equal(t, []string{"comment"}, d.office.writes, "once")
				require.Equal(t, status, d.office.invoice.GetStatus(), "a user's hand wins")
			})
		})
	}
}

// The answer of the comment was lost, and so was the note that it is there.
func TestTheAftermathIsToldOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.superseded()
		d.office.invoice.Status = "ok"
		d.office.lose = func(string) error { return errAway }
		time.Sleep(5 * time.Minute) // fake time
		e, err := d.Gate.Store.Get(t.Context(), d.key())
		require.NoError(t, err)
		require.Error(t, d.LookAfter(t.Context(), e, time.Now()))
		d.office.lose = nil
		other := *d.Settler
		other.Instance = "b"
		require.NoError(t, other.LookAfter(t.Context(), e, time.Now()), "it is not that replica's turn")
		require.False(t, record.Finished(d.record()))
		d.lookAfter()
		require.Equal(t, []string{"comment"}, d.office.writes)
		require.True(t, record.Finished(d.record()))
	})
}

// As long as the next send is to come, nothing is said.
func TestASupersededSendWhoseNextComesNeedsNoWord(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.superseded()
		for range 3 {
			d.lookAfter()
		}
		require.Empty(t, d.office.writes)
		require.False(t, record.Finished(d.record()))
	})
	atDesk(t, func(t *testing.T, d *desk) {
		d.superseded()
		d.office.fail = func(call string) error {
			if call == "get" {
				return &servicetrade.Error{Method: "GET", Path: "/invoice", Status: 404, Gone: true}
			}
			return nil
		}
		d.lookAfter()
		require.True(t, record.Finished(d.record()), "the invoice is deleted: nowhere to write it")
		require.Empty(t, d.office.writes)
		require.Len(t, record.LeftBehind(d.record()), 1, "and what is in the books stays named")
	})
}

// Nothing in the books: nothing to look after.
func TestASupersededSendWithoutADocumentIsFinished(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(&tradepostv1.Outcome{Result: &tradepostv1.Outcome_Superseded{Superseded: &tradepostv1.Superseded{}}})
		d.office.invoice.Notes = "changed"
		d.handle(m)
		require.True(t, record.Finished(d.record()))
	})
}
