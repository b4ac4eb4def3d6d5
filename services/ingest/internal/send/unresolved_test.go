package send_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/snapshot"
)

// change takes the record through steps.
func (d *desk) change(steps ...record.Transition) {
	d.t.Helper()
	e := d.entry()
	for _, s := range steps {
		var err error
		e, err = d.Store.Change(d.t.Context(), e, s)
		require.NoError(d.t, err)
	}
}

// attempt is an attempt of deliver that may have written something.
func attempt() record.Transition {
	return record.Claim(record.Claiming{Owner: "deliver", Lasts: 20 * time.Second}, &tradepostv1.Unresolved{
		Kind: 1, Marker: "m", Stream: "INVOICE_READY", Sequence: 1,
	})
}

// resolved is what deliver does with an attempt whose message is lost: it looks, and
// gives the send back.
func resolved() []record.Transition {
	return []record.Transition{
		record.Claim(record.Claiming{Owner: "sweep"}, nil),
		record.Note("sweep", &tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "1"}),
		record.Release("sweep", record.Waits{Reason: "message_lost"}),
	}
}

func (d *desk) shownHash() string {
	d.t.Helper()
	hash, err := snapshot.Hash(d.office.invoice)
	require.NoError(d.t, err)
	return hash
}

// An attempt was made, its worker died, its message is lost, and the user edits the
// invoice. The new content never travels under the send that is in doubt; as soon as
// deliver has looked, it does.
func TestChangedContentWaitsForTheDoubtToEnd(t *testing.T) {
	for name, inDoubt := range map[string][]record.Transition{
		"claimed by a worker that died": {attempt()},
		"held and released":             {attempt(), record.Hold("why"), record.Unhold()},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.pending()
				first := d.entry().Record.GetSnapshotHash()
				d.change(inDoubt...)
				d.office.invoice.Notes = "edited"
				for range 10 {
					time.Sleep(stuck)
					d.pending()
					require.NoError(t, d.Heal(t.Context(), d.entry()))
				}
				require.Len(t, d.sent(), 1)
				require.Equal(t, first, d.entry().Record.GetSnapshotHash())
				require.NotNil(t, d.entry().Record.GetUnresolved())

				d.change(resolved()...)
				time.Sleep(stuck)
				require.NoError(t, d.Heal(t.Context(), d.entry()))
				require.Len(t, d.sent(), 2)
				require.Equal(t, d.shownHash(), d.sent()[1].GetSnapshotHash())
				require.Equal(t, "edited", d.sent()[1].GetSnapshot().GetInvoice().GetNotes())
				require.Equal(t, int64(1), d.sent()[1].GetSend())
				require.Equal(t, record.Opened, d.entry().State())
				require.Len(t, d.entry().Record.GetDocuments(), 1)
			})
		})
	}
}

// Content that is as it was is published again at once: the next worker resolves
// the attempt by itself.
func TestUnchangedContentIsPublishedOverADoubt(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(attempt())
		time.Sleep(stuck)
		d.pending()
		require.Len(t, d.sent(), 2)
		require.Equal(t, record.Claimed, d.entry().State(), "the claim stays in force")
		require.NotNil(t, d.entry().Record.GetUnresolved())
	})
}

// Attempts that never end were held; the bookkeeper mends what crashed the
// connector, and the operator retries.
func TestAHeldSendInDoubtGoesOnAfterARetry(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(attempt(), record.Hold("attempts never end"))
		d.office.invoice.Notes = "mended"
		require.NoError(t, d.retry(1))
		require.Equal(t, record.Claimed, d.entry().State(), "deliver's sweep takes it up")
		require.Len(t, d.sent(), 1)
		d.change(resolved()...)
		time.Sleep(stuck)
		d.pending()
		require.Len(t, d.sent(), 2)
		require.Equal(t, "mended", d.sent()[1].GetSnapshot().GetInvoice().GetNotes())
	})
}
