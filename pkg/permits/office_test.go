package permits

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

var quiet = slog.New(slog.DiscardHandler)

// documented are the limits of QuickBooks Online.
func documented() connector.CallLimits {
	return connector.CallLimits{
		System: "quickbooksonline", App: "app",
		PerCompany: []connector.Rate{{Calls: 500, Per: time.Minute}, {Calls: 10, Per: time.Second}}, Parallel: 10,
	}
}

// office is replicas that call the same companies, and what the companies saw.
type office struct {
	t        *testing.T
	limits   connector.CallLimits
	replicas []*Permits
	conns    []*nats.Conn

	mu     sync.Mutex
	calls  map[string][]time.Time
	flying map[string]int
	most   map[string]int
	began  time.Time
}

// newOffice opens n replicas; the clock of each is off by hours, and runs a little wrong.
func newOffice(t *testing.T, s *bustest.Broker, n int, limits connector.CallLimits) *office {
	t.Helper()
	o := &office{t: t, limits: limits, calls: map[string][]time.Time{}, flying: map[string]int{}, most: map[string]int{}, began: time.Now()}
	for i := range n {
		o.replicas = append(o.replicas, o.open(s, i))
	}
	return o
}

func (o *office) open(s *bustest.Broker, i int) *Permits {
	o.t.Helper()
	js := s.JS(o.t)
	o.conns = append(o.conns, js.Conn())
	p, err := Open(o.t.Context(), Options{JS: js, Instance: fmt.Sprintf("replica-%d-%d", i, time.Now().UnixNano()), Log: quiet})
	require.NoError(o.t, err)
	own := p.clock.elapsed
	p.clock.elapsed = func() time.Duration {
		e := own()
		return e + time.Duration(i)*time.Hour + e*time.Duration(i-1)/20000
	}
	return p
}

func (o *office) close() {
	for _, p := range o.replicas {
		p.Close()
	}
}

func (o *office) limiter(replica int, company string) connector.CallLimiter {
	l := o.limits
	l.Company = company
	return o.replicas[replica].For(l)
}

// one makes a call that takes so long.
func (o *office) one(ctx context.Context, l connector.CallLimiter, company string, takes time.Duration) error {
	done, err := l.Take(ctx)
	if err != nil {
		return err
	}
	defer done()
	o.mu.Lock()
	o.calls[company] = append(o.calls[company], time.Now())
	o.flying[company]++
	o.most[company] = max(o.most[company], o.flying[company])
	o.mu.Unlock()
	<-time.After(takes)
	o.mu.Lock()
	o.flying[company]--
	o.mu.Unlock()
	return nil
}

// work lets a replica call a company with so many workers until ctx ends.
func (o *office) work(ctx context.Context, group *sync.WaitGroup, replica int, company string, workers int, takes time.Duration) {
	l := o.limiter(replica, company)
	for range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				if err := o.one(ctx, l, company, takes); err != nil && ctx.Err() == nil {
					o.t.Errorf("take: %v", err)
					return
				}
			}
		})
	}
}

// asked counts the messages that the replicas sent to NATS.
func (o *office) asked() uint64 {
	n := uint64(0)
	for _, nc := range o.conns {
		n += nc.Stats().OutMsgs
	}
	return n
}

// of are the calls of a company until now.
func (o *office) of(company string) []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.calls[company])
}

// atOnce is the most calls to a company that were under way.
func (o *office) atOnce(company string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.most[company]
}

// all are the calls of all companies, in order.
func (o *office) all() []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []time.Time
	for _, calls := range o.calls {
		all = append(all, calls...)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// most is the most calls between any two moments that are per apart.
func most(calls []time.Time, per time.Duration) int {
	most, first := 0, 0
	for i, at := range calls {
		for at.Sub(calls[first]) > per {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// between counts the calls from one moment after the beginning to another.
func (o *office) between(company string, from, to time.Duration) int {
	n := 0
	for _, at := range o.of(company) {
		if since := at.Sub(o.began); since >= from && since < to {
			n++
		}
	}
	return n
}

func (o *office) within(limits []connector.Rate, calls []time.Time) {
	o.t.Helper()
	for _, r := range limits {
		require.LessOrEqual(o.t, most(calls, r.Per), r.Calls, "in %s", r.Per)
	}
}

// fake runs test in fake time.
func fake(t *testing.T, test func(*testing.T, *bustest.Broker)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		test(t, s)
		<-time.After(10 * time.Second)
	})
}
