package settle

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// slow is ServiceTrade that stores the first comment and the first status later
// than the caller waits for them.
type slow struct {
	*office
	late     time.Duration
	comments int
	puts     int
}

func uncertain(method, path string) error {
	return &servicetrade.Error{Method: method, Path: path, Status: 504, Uncertain: true}
}

func (o *slow) AddPrivateComment(ctx context.Context, entityType int, id int64, content string) (servicetrade.Comment, error) {
	if o.comments++; o.comments > 1 {
		return o.office.AddPrivateComment(ctx, entityType, id, content)
	}
	time.AfterFunc(o.late, func() {
		_, _ = o.office.AddPrivateComment(context.WithoutCancel(ctx), entityType, id, content)
	})
	return servicetrade.Comment{}, uncertain("POST", "/comment")
}

func (o *slow) SetStatus(ctx context.Context, id int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	if o.puts++; o.puts > 1 {
		return o.office.SetStatus(ctx, id, c)
	}
	time.AfterFunc(o.late, func() { _, _ = o.office.SetStatus(context.WithoutCancel(ctx), id, c) })
	return nil, uncertain("PUT", "/invoice")
}

// A write whose answer was lost may still come through. Nobody looks for it, and so
// nobody makes it a second time, before it must have arrived.
func TestAWriteThatArrivesLateIsNotMadeTwice(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		writes  []string
	}{
		"rejected": {refused(), []string{"comment", "put failed"}},
		"posted":   {postedAs("1042", false), []string{"put processed"}},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.ServiceTrade = &slow{office: d.office, late: 50 * time.Second}
				d.handle(d.outcome(c.outcome))
				time.Sleep(5 * time.Minute) // fake time
				require.Equal(t, c.writes, d.office.writes)
				require.Equal(t, record.Closed, d.record().GetState())
			})
		})
	}
}

// The message is there again at once, in another process: it waits as well.
func TestNobodyElseMakesALateWriteTwice(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(refused())
		first := *d.Settler
		first.ServiceTrade = &slow{office: d.office, late: 50 * time.Second}
		require.Error(t, first.Handle(t.Context(), m))
		require.Equal(t, "servicetrade_answer_lost", d.record().GetWaiting().GetReason())
		d.Instance = "b"
		d.handle(m)
		time.Sleep(5 * time.Minute) // fake time
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
	})
}

// ServiceTrade says no for good. The message is finished and holds no slot; people
// see the reason, and the sweep goes on until ServiceTrade takes it.
func TestWhatServiceTradeRefusesHoldsNoSlot(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		refusing := time.Now().Add(5 * time.Hour)
		d.office.fail = func(call string) error {
			if call[:3] == "put" && time.Now().Before(refusing) {
				return invalid()
			}
			return nil
		}
		m := d.outcome(postedAs("1042", true))
		m.Delivered = 9
		require.NoError(t, d.Handle(t.Context(), m))
		require.Equal(t, record.Outcome, d.record().GetState())
		require.Equal(t, "servicetrade_refused", d.record().GetWaiting().GetReason())
		require.Empty(t, d.office.writes)
		d.handleAndSweep(m)
		require.Equal(t, []string{"put processed"}, d.office.writes)
		require.False(t, time.Now().Before(refusing))
	})
}

// A message may name the right outcome and bring other words.
func TestForgedRemarksAreNotTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.outcome(postedAs("1042", false))
		forged := postedAs("1042", false)
		forged.GetPosted().Remarks = []*tradepostv1.Fault{
			fault.New("customer.not_in_books", fault.Args{Thing: "FORGED", Params: map[string]string{"value": "C100"}}),
		}
		d.handle(d.message(1, d.record().GetSnapshotHash(), forged, d.record().GetOutcome().GetHash()))
		require.Equal(t, []string{"put processed"}, d.office.writes)
		require.Empty(t, d.office.comments)
	})
}

// Remarks whose message was lost are told from the record's codes.
func TestRemarksWithoutTheirMessageAreTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		o := postedAs("1042", false)
		o.GetPosted().Remarks = refused().GetRejected().GetFaults()
		d.outcome(o)
		time.Sleep(stuckAge) // fake time
		e, err := d.Gate.Store.Get(t.Context(), d.key())
		require.NoError(t, err)
		require.NoError(t, d.Sweep(t.Context(), e, time.Now(), noMessage))
		require.Equal(t, []string{"put processed", "comment"}, d.office.writes)
		require.Contains(t, d.office.comments[0].Content, "no active customer")
		require.NotContains(t, d.office.comments[0].Content, "Acme Tower LLC")
	})
}
