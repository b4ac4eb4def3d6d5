package settle

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// meddler is ServiceTrade with a user who is faster by a moment: between our
// reading and our writing, or between our writing and the answer.
type meddler struct {
	*office
	before, after func(*tradepostv1.ServiceTradeInvoice)
}

func (o *meddler) SetStatus(ctx context.Context, id int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	if o.before != nil {
		o.before(o.invoice)
	}
	inv, err := o.office.SetStatus(ctx, id, c)
	if o.after != nil {
		o.after(inv)
	}
	return inv, err
}

// ServiceTrade's answer to the PUT is what counts, not what was asked for.
func TestTheAnswerOfThePutIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		writes  []string
	}{
		"posted":   {postedAs("1042", false), []string{"put processed", "comment"}},
		"rejected": {refused(), []string{"comment", "put failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.ServiceTrade = &meddler{office: d.office, after: func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "ok" }}
				d.handle(d.outcome(c.outcome))
				require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
				require.Equal(t, c.writes, d.office.writes)
			})
		})
	}
}

// ServiceTrade has no lock, so that a change in the moment between reading and
// writing is overtaken by processed. People are told.
func TestAnEditThatTheWriteOvertookIsTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.ServiceTrade = &meddler{office: d.office, before: func(i *tradepostv1.ServiceTradeInvoice) { i.TotalPrice = "9999.00" }}
		d.handle(d.outcome(postedAs("1042", false)))
		require.Equal(t, []string{"put processed", "comment"}, d.office.writes)
		require.Contains(t, d.office.comments[0].Content, "9999.00")
		require.Contains(t, d.office.comments[0].Content, "522.50")
	})
}

// A user set processed by hand, on an invoice of another total than was posted.
func TestAHandSetProcessedOfAnotherTotalIsTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(postedAs("1042", false))
		d.office.invoice.Status, d.office.invoice.TotalPrice = "processed", "1.00"
		d.handle(m)
		require.Equal(t, []string{"comment"}, d.office.writes)
		require.Contains(t, d.office.comments[0].Content, "1.00")
		require.Contains(t, d.office.comments[0].Content, "522.50")
	})
}

func TestAHandSetProcessedOfTheSameTotalNeedsNoWord(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(postedAs("1042", false))
		d.office.invoice.Status, d.office.invoice.TotalPrice = "processed", "522.5"
		d.handle(m)
		require.Empty(t, d.office.writes)
		require.Equal(t, tradepostv1.Settlement_SETTLEMENT_PROCESSED, d.record().GetSettlement())
	})
}

// Failed that a user chose is a user's hand like any other status; failed that the
// send started from is not.
func TestFailedThatAUserSetIsLeftAlone(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(postedAs("1042", false))
		d.office.invoice.Status = "failed"
		d.handle(m)
		require.Equal(t, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN, d.record().GetSettlement())
		require.Equal(t, "failed", d.office.invoice.GetStatus())
		require.Equal(t, []string{"comment"}, d.office.writes, "the document that exists all the same is told")
	})
}

// What an older program reads of a kind of outcome that only a newer one knows is
// left to the newer one.
func TestAnOutcomeOfAnUnknownKindIsNotSettled(t *testing.T) {
	for name, kind := range map[string]tradepostv1.OutcomeKind{"lost in reading": 0, "newer": 99} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				m := d.outcome(postedAs("1042", false))
				e, err := d.Gate.Store.Get(t.Context(), d.key())
				require.NoError(t, err)
				_, err = d.Gate.Store.Change(t.Context(), e, func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
					r.Outcome.Kind = kind
					return r, nil
				})
				require.NoError(t, err)
				m.Delivered = 9
				require.NoError(t, d.Handle(t.Context(), m))
				require.Equal(t, record.Outcome, d.record().GetState())
				require.NotEmpty(t, d.record().GetWaiting().GetReason())
				require.Empty(t, d.office.writes)
			})
		})
	}
}
