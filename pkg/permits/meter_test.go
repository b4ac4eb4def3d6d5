package permits

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

func meteredOffice(t *testing.T, s *bustest.Broker, name string) (*Permits, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	p, err := Open(t.Context(), Options{
		JS: s.JS(t), Instance: name, Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	return p, log
}

func metered(p *Permits) connector.CallLimiter {
	l := documented()
	l.Company, l.ReadBudget = "1001", 1000
	return p.For(l)
}

func (p *Permits) seen() float64 {
	return testutil.ToFloat64(p.metrics.reads.WithLabelValues("quickbooksonline.app"))
}

func TestReadsAreCountedOverReplicasAndRestarts(t *testing.T) {
	lateInMonth := time.Date(2030, 11, 30, 23, 55, 0, 0, time.UTC)
	bustest.FakeTimeFrom(t, lateInMonth, func(t *testing.T, s *bustest.Broker) {
		a, logA := meteredOffice(t, s, "a")
		b, logB := meteredOffice(t, s, "b")
		for range 70 {
			metered(a).Metered(5)
			metered(b).Metered(6)
			<-time.After(100 * time.Millisecond)
		}
		<-time.After(10 * time.Second)
		require.Empty(t, a.Notice())
		a.Close()
		b.Close()
		c, logC := meteredOffice(t, s, "c")
		metered(c)
		<-time.After(5 * time.Second)
		require.InDelta(t, 770, c.seen(), 0, "read at the start")
		metered(c).Metered(100)
		<-time.After(5 * time.Second)
		require.InDelta(t, 870, c.seen(), 0)
		require.Contains(t, c.Notice(), "870 of 1000 metered reads")
		metered(c).Metered(10)
		<-time.After(5 * time.Second)
		warned := strings.Count(logA.String()+logB.String()+logC.String(), "budget of metered reads")
		require.Equal(t, 1, warned, "people are told once")

		now, _, _ := c.clock.now()
		<-time.After(time.Until(monthEnd(now)) + time.Minute)
		require.Empty(t, c.Notice(), "another month")
		metered(c).Metered(7)
		<-time.After(5 * time.Second)
		require.InDelta(t, 7, c.seen(), 0)
		c.Close()
		<-time.After(10 * time.Second)
	})
}

// Turns whose answer was lost, replicas that others took for dead and new months: no
// read is lost, and none counted twice.
func TestReadsAreCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := newBook(), momentOf(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		meters := map[string]*meter{"a": {}, "b": {}, "c": {}}
		want := int64(0)
		for range rapid.IntRange(1, 50).Draw(t, "turns") {
			now += span(time.Duration(rapid.IntRange(0, 5).Draw(t, "later")) * time.Second)
			id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "replica")
			m, made := meters[id], rapid.Int64Range(0, 9).Draw(t, "reads")
			want, m.unsent = want+made, m.unsent+made
			b.turn(now, id, nil, grid{})
			count := m.write(&b.Reads, now, id, m.unsent, 0)
			if rapid.IntRange(0, 3).Draw(t, "lost") > 0 || now > b.Replicas[id].Seen+span(seatLease) {
				m.unsent, m.mine = 0, count.mine
			} else { // repeated at once
				b.turn(now, id, nil, grid{})
				m.unsent, m.mine = 0, m.write(&b.Reads, now, id, m.unsent, 0).mine
			}
			require.Equal(t, want, b.Reads.total(now), fmt.Sprint(b.Reads))
		}
	})
}

// What a process read is in the count of the app once it has left, unless NATS is gone.
func TestAProcessTellsWhatItRead(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		a, _ := meteredOffice(t, s, "a")
		metered(a).Metered(5)
		a.Close()
		b, _ := meteredOffice(t, s, "b")
		require.NoError(t, b.Reach(t.Context()))
		one, err := metered(b).Take(t.Context())
		require.NoError(t, err)
		metered(b).Metered(2)
		one()
		b.Close()
		month := time.Now().UTC().Format("2006-01")
		require.Equal(t, []Reads{{App: "app", Made: 2, Month: month, Total: 7, Budget: 1000}}, b.Reads())

		quiet, err := Open(t.Context(), Options{JS: s.JS(t), Instance: "quiet", Log: slog.New(slog.DiscardHandler), Silent: true})
		require.NoError(t, err)
		metered(quiet).Metered(900)
		quiet.Close()
		d, log := meteredOffice(t, s, "d")
		metered(d).Metered(1)
		d.Close()
		require.Contains(t, log.String(), "budget of metered reads", "who reads the log is told, though a command was the first to see it")

		c, _ := meteredOffice(t, s, "c")
		l := metered(c)
		s.Stop()
		l.Metered(3)
		c.Close()
		require.Error(t, c.Reach(t.Context()))
		require.Equal(t, int64(3), c.Reads()[0].Uncounted)
	})
}
