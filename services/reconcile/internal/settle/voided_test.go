package settle

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
)

func posted(reversal, gone bool, id, number string) *tradepostv1.DocumentRef {
	d := &tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: id, Number: number, Total: "522.50", Reversal: reversal, Gone: gone}
	if reversal {
		d.Kind = 2
	}
	return d
}

// concluded brings a send of that start status to an outcome with these documents.
func (d *desk) concluded(start string, o *tradepostv1.Outcome, refs ...*tradepostv1.DocumentRef) bus.Message {
	d.t.Helper()
	hash, err := snapshot.Hash(d.office.invoice)
	require.NoError(d.t, err)
	outcomeHash, err := stage.OutcomeHash(o)
	require.NoError(d.t, err)
	e, err := d.Gate.Store.Get(d.t.Context(), d.key())
	require.NoError(d.t, err)
	for _, step := range []record.Transition{
		record.OpenSend(record.Opens{Key: d.key(), Connection: "acme-books", SnapshotHash: hash, HashVersion: 1, StartStatus: start, Total: "522.50", Now: time.Now()}),
		record.Claim(record.Claiming{Owner: "deliver", Lasts: time.Second}, &tradepostv1.Unresolved{}),
		record.Conclude("deliver", stage.Recorded(record.StageDeliver, o, outcomeHash), refs...),
	} {
		e, err = d.Gate.Store.Change(d.t.Context(), e, step)
		require.NoError(d.t, err)
	}
	return d.message(e.Record.GetSend(), hash, o, outcomeHash)
}

func takenBack() *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
		NumberAssigned: true, Documents: []*tradepostv1.PostedDocument{{Kind: 2, Id: "78", Number: "1042-V", Total: "522.50"}},
	}}}
}

func madeVoid() *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
		Documents: []*tradepostv1.PostedDocument{{Kind: 1, Id: "77", Number: "1042", Total: "522.50", Voided: true}},
	}}}
}

func halfVoid() *tradepostv1.Outcome {
	o := toldByHand()
	o.GetRejected().Documents = madeVoid().GetPosted().GetDocuments()
	return o
}

func toldByHand() *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Rejected{Rejected: &tradepostv1.Rejected{Faults: []*tradepostv1.Fault{
		fault.New("invoice.voided", fault.Args{Params: map[string]string{"documents": "invoice 1042 (total 522.50)"}}),
	}}}}
}

func nothingLeft() *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Withdrawn{Withdrawn: &tradepostv1.Withdrawn{Status: "void"}}}
}

// commands are those for ingest.
func (d *desk) commands(js jetstream.JetStream) int {
	d.t.Helper()
	st, err := js.Stream(d.t.Context(), bus.StreamCommand)
	require.NoError(d.t, err)
	info, err := st.Info(d.t.Context())
	require.NoError(d.t, err)
	return int(info.State.Msgs)
}

// A void invoice keeps its status, whatever was done; people are told once.
func TestAVoidIsToldOnceAndChangesNoStatus(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		refs    []*tradepostv1.DocumentRef
		says    []string
	}{
		"taken back": {
			takenBack(),
			[]*tradepostv1.DocumentRef{posted(false, false, "77", "1042"), posted(true, false, "78", "1042-V")},
			[]string{"was voided in ServiceTrade", "invoice 1042 (total 522.50)", "taken back there by credit memo 1042-V (total 522.50)"},
		},
		"made void": {
			madeVoid(),
			[]*tradepostv1.DocumentRef{posted(false, true, "77", "1042")},
			[]string{"was voided in ServiceTrade after it was posted to the books as invoice 1042 (total 522.50). Made void there: invoice 1042 (total 522.50)."},
		},
		"one of two made void": {
			halfVoid(),
			[]*tradepostv1.DocumentRef{posted(false, true, "77", "1042"), posted(false, false, "79", "1043")},
			[]string{"In the books there still is invoice 1043 (total 522.50). Made void there: invoice 1042 (total 522.50).", "What to do (bookkeeper): Void"},
		},
		"by hand": {
			toldByHand(),
			[]*tradepostv1.DocumentRef{posted(false, false, "77", "1042")},
			[]string{"Invoice 1042 is void in ServiceTrade. In the books there still is invoice 1042", "What to do (bookkeeper): Void invoice 1042"},
		},
		"gone already": {
			nothingLeft(),
			[]*tradepostv1.DocumentRef{posted(false, true, "77", "1042")},
			[]string{"not in the books any more, so nothing was done there"},
		},
		"gone, and taken back before": {
			nothingLeft(),
			[]*tradepostv1.DocumentRef{posted(false, true, "77", "1042"), posted(true, false, "78", "1042-V")},
			[]string{"The bookkeeper has to look at what still is there: credit memo 1042-V"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.invoice.Status = "void"
				lost := false
				d.office.lose = func(string) error {
					if lost {
						return nil
					}
					lost = true
					return errAway
				}
				m := d.concluded("void", c.outcome, c.refs...)
				d.office.invoice.Notes = "changed, and void all the same"
				d.handle(m)
				d.handle(m)
				require.True(t, lost, "the answer of the first write was lost")
				require.Equal(t, []string{"comment"}, d.office.writes)
				require.Regexp(t, `\nhttps://app\.servicetrade\.test/invoice/\d+\nReference: \[tradepost acme/\d+/[0-9a-f]{16}\]$`, d.office.comments[0].Content)
				for _, says := range c.says {
					require.Contains(t, d.office.comments[0].Content, says)
				}
				require.Equal(t, tradepostv1.Settlement_SETTLEMENT_VOIDED, d.record().GetSettlement())
				require.Empty(t, record.VoidDue(d.record()))
			})
		})
	}
}

// A user takes the void back while it is on its way: his status stays. He hears of it
// only where something was done in the books.
func TestAVoidThatAUserTookBack(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		refs    []*tradepostv1.DocumentRef
		writes  []string
		due     string
	}{
		"made void":  {madeVoid(), []*tradepostv1.DocumentRef{posted(false, true, "77", "1042")}, []string{"comment"}, ""},
		"taken back": {takenBack(), []*tradepostv1.DocumentRef{posted(false, false, "77", "1042"), posted(true, false, "78", "1042-V")}, []string{"comment"}, "acme-books"},
		"by hand":    {toldByHand(), []*tradepostv1.DocumentRef{posted(false, false, "77", "1042")}, nil, "acme-books"},
	} {
		for _, status := range []string{"ok", "pending_accounting", "failed", "processed"} {
			t.Run(name+" "+status, func(t *testing.T) {
				atDesk(t, func(t *testing.T, d *desk) {
					d.office.invoice.Status = "void"
					m := d.concluded("void", c.outcome, c.refs...)
					d.office.invoice.Status = status
					d.handle(m)
					require.Equal(t, status, d.office.invoice.GetStatus(), "a user's hand wins")
					require.Equal(t, c.writes, d.office.writes)
					require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
					require.Equal(t, c.due, record.VoidDue(d.record()), "voided again it is the next void, where something stands")
				})
			})
		}
	}
}

// The invoice was void for a moment less than it took to look.
func TestAVoidThatCameBackIsNotTakenForSettled(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Status = "void"
		withdrawn := nothingLeft()
		withdrawn.GetWithdrawn().Status = "ok"
		d.handle(d.concluded("void", withdrawn, posted(false, false, "77", "1042")))
		require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
		require.Empty(t, d.office.writes)
	})
}

// The invoice is voided while it is posted. The send of the void tells people what
// becomes of it; this one only sees to it that there is one.
func TestAVoidWhileAPostingIsSettledAsksForTheVoid(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.concluded("pending_accounting", postedAs("1042", false), posted(false, false, "77", "1042"))
		d.office.invoice.Status = "void"
		d.handle(m)
		require.Empty(t, d.office.writes)
		require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
		require.Equal(t, 1, d.commands(d.js))
	})
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Status = "pending_accounting"
		m := d.outcome(refused())
		d.office.invoice.Status = "void"
		d.handle(m)
		require.Zero(t, d.commands(d.js), "nothing is in the books")
	})
}

// A send was superseded, and then the invoice was voided.
func TestAVoidAfterASupersededSendAsksForTheVoid(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.superseded()
		d.office.invoice.Status = "void"
		d.lookAfter()
		d.lookAfter()
		require.Empty(t, d.office.writes)
		require.True(t, record.Finished(d.record()))
		require.Equal(t, 1, d.commands(d.js))
	})
}
