package settle

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// standstill is ServiceTrade for a worker that stands still once, after an answer
// arrived or before a write leaves, and listens to no deadline.
type standstill struct {
	*office
	at   string
	done bool
	// long is how long it stands still; 10 minutes when 0.
	long time.Duration
}

func (o *standstill) stand(at string) {
	if o.at == at && !o.done {
		o.done = true
		time.Sleep(cmp.Or(o.long, 10*time.Minute)) // fake time
	}
}

func (o *standstill) Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error) {
	seen, err := o.office.Invoice(ctx, id)
	o.stand("invoice")
	return seen, err
}

func (o *standstill) Comments(ctx context.Context, entityType int, id int64) ([]servicetrade.Comment, error) {
	seen, err := o.office.Comments(ctx, entityType, id)
	o.stand("comments")
	return seen, err
}

// SetStatus asks the fence right before it calls, as the client does.
func (o *standstill) SetStatus(ctx context.Context, id int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	o.stand("put")
	if err := connector.CheckFence(ctx); err != nil {
		return nil, err
	}
	return o.office.SetStatus(ctx, id, c)
}

// deafToFences is a client that does not ask the fence by itself.
type deafToFences struct{ *standstill }

func (o deafToFences) SetStatus(ctx context.Context, id int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	return o.office.SetStatus(ctx, id, c)
}

// A worker that stands still past its claim, wherever that is, writes nothing any
// more: another one has settled the send, and a user may have moved the invoice on.
func TestAWorkerWhoseClaimIsOverWritesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		outcome *tradepostv1.Outcome
		client  func(*office) ServiceTrade
		writes  []string
	}{
		"before the PUT": {
			postedAs("1042", false), func(o *office) ServiceTrade { return deafToFences{&standstill{office: o, at: "invoice"}} },
			[]string{"put processed"},
		},
		"inside of the client": {
			postedAs("1042", false), func(o *office) ServiceTrade { return &standstill{office: o, at: "put"} },
			[]string{"put processed"},
		},
		"before the comment": {
			refused(), func(o *office) ServiceTrade { return deafToFences{&standstill{office: o, at: "comments"}} },
			[]string{"comment", "put failed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				m := d.outcome(c.outcome)
				zombie := *d.Settler
				zombie.Instance, zombie.ServiceTrade = "zombie", c.client(d.office)
				done := make(chan error)
				go func() { done <- zombie.Handle(context.WithoutCancel(t.Context()), m) }()
				time.Sleep(time.Second) // fake time
				d.handle(m)
				d.office.invoice.Status = "ok" // a user, afterwards
				require.Error(t, <-done)
				require.Equal(t, c.writes, d.office.writes)
				require.Equal(t, "ok", d.office.invoice.GetStatus())
			})
		})
	}
}

// timed is ServiceTrade that looks how long a caller would wait.
type timed struct {
	*office
	waits []time.Duration
}

func (o *timed) note(ctx context.Context) {
	left := time.Duration(-1)
	if d, ok := ctx.Deadline(); ok {
		left = time.Until(d)
	}
	o.waits = append(o.waits, left)
}

func (o *timed) Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error) {
	o.note(ctx)
	return o.office.Invoice(ctx, id)
}

func (o *timed) SetStatus(ctx context.Context, id int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	o.note(ctx)
	return o.office.SetStatus(ctx, id, c)
}

// No call lasts longer than the claim: what is still under way when another worker takes
// over was given up before.
func TestEveryCallEndsWithinTheClaim(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		o := &timed{office: d.office}
		d.ServiceTrade = o
		d.handle(d.outcome(postedAs("1042", false)))
		require.Equal(t, []string{"put processed"}, d.office.writes)
		require.Len(t, o.waits, 2)
		for _, left := range o.waits {
			require.Positive(t, left, "a deadline is set")
			require.LessOrEqual(t, left, claimTime)
		}
	})
}
