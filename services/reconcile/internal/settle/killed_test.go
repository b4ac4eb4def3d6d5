package settle

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// killed dies in the middle of its first write, which ServiceTrade stores later.
type killed struct {
	*office
	late time.Duration
}

func (o *killed) AddPrivateComment(ctx context.Context, entityType int, id int64, content string) (servicetrade.Comment, error) {
	time.AfterFunc(o.late, func() { _, _ = o.office.AddPrivateComment(context.WithoutCancel(ctx), entityType, id, content) })
	panic("kill -9")
}

// A write that comes through within a minute is seen before anybody writes again,
// also when nobody is left who knows that it was on its way.
func TestALateWriteOfAKilledWorkerIsNotRepeated(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		m := d.outcome(refused())
		first := *d.Settler
		first.ServiceTrade = &killed{office: d.office, late: settling - 5*time.Second}
		require.Panics(t, func() { _ = first.Handle(context.WithoutCancel(t.Context()), m) })
		d.handle(m)
		time.Sleep(5 * time.Minute) // fake time
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
	})
}

// The same, when the records are lost with what they knew of the doubt.
func TestALateWriteThatTheRecordsForgotIsNotRepeated(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		first := *d.Settler
		first.Epochs = d.Gate.Store.Epochs(d.Log)
		first.ServiceTrade = &slow{office: d.office, late: settling - 5*time.Second}
		require.Error(t, first.Handle(context.WithoutCancel(t.Context()), d.outcome(refused())))
		d.lose()
		d.Epochs = d.Gate.Store.Epochs(d.Log)
		d.handle(d.outcome(refused()))
		time.Sleep(5 * time.Minute) // fake time
		require.Equal(t, []string{"comment", "put failed"}, d.office.writes)
		require.Len(t, d.office.comments, 1)
	})
}
