package census_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/ingest/internal/census"
)

// replica is one of several that could count.
type replica struct {
	registry *prometheus.Registry
	end      func()
}

func start(t *testing.T, store *record.Store, owner string) *replica {
	t.Helper()
	r := &replica{registry: prometheus.NewRegistry()}
	c := &census.Census{Store: store, Owner: owner, Metrics: census.NewMetrics(r.registry), Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	r.end = func() { cancel(); require.NoError(t, <-done) }
	return r
}

// shown is what the replica shows: connection and state to the value of the metric.
func (r *replica) shown(t *testing.T, name string) map[string]float64 {
	t.Helper()
	families, err := r.registry.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() != name {
				continue
			}
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			values[strings.Join(labels, " ")] = m.GetGauge().GetValue()
		}
	}
	return values
}

func open(t *testing.T, store *record.Store, id int64, connection string, more ...record.Transition) {
	t.Helper()
	k := record.Key{Account: "acme", InvoiceID: id}
	e, err := store.Get(t.Context(), k)
	require.NoError(t, err)
	first := record.OpenSend(record.Opens{Key: k, Connection: connection, SnapshotHash: "h", StartStatus: "pending_accounting", Now: time.Now()})
	for _, step := range append([]record.Transition{first}, more...) {
		e, err = store.Change(t.Context(), e, step)
		require.NoError(t, err)
	}
}

func TestOneReplicaCountsAndAnotherTakesOver(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		store, err := record.Open(t.Context(), s.JS(t))
		require.NoError(t, err)
		open(t, store, 1, "acme-books", record.MarkOpened())
		time.Sleep(time.Minute) // fake time
		open(t, store, 2, "acme-books", record.MarkOpened())
		open(t, store, 3, "acme-books", record.Hold("unreadable"))
		open(t, store, 4, "other-books")
		a := start(t, store, "a")
		time.Sleep(30 * time.Second)
		b := start(t, store, "b")
		time.Sleep(30 * time.Second)
		want := map[string]float64{"acme-books open": 2, "acme-books held": 1, "other-books opening": 1}
		require.Equal(t, want, a.shown(t, "tradepost_sends_unfinished"))
		require.Empty(t, b.shown(t, "tradepost_sends_unfinished"), "one replica shows it")
		ages := a.shown(t, "tradepost_oldest_send_age_seconds")
		require.InDelta(t, 120, ages["acme-books open"], 2, "the oldest, and it grew since it was counted")
		require.InDelta(t, 60, ages["acme-books held"], 2)
		a.end()
		require.Empty(t, a.shown(t, "tradepost_sends_unfinished"))
		time.Sleep(6 * census.Every)
		require.Equal(t, want, b.shown(t, "tradepost_sends_unfinished"), "b took over")
		require.Len(t, b.shown(t, "tradepost_sends_counted_timestamp_seconds"), 1)
		b.end()
	})
}

func TestAClosedSendIsNotCounted(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		store, err := record.Open(t.Context(), s.JS(t))
		require.NoError(t, err)
		open(t, store, 1, "acme-books", record.Reject(nil), record.Settle(record.Claiming{Owner: "t"}), record.Close("t", 2, time.Now()))
		a := start(t, store, "a")
		time.Sleep(time.Second)
		require.Empty(t, a.shown(t, "tradepost_sends_unfinished"))
		require.Len(t, a.shown(t, "tradepost_sends_counted_timestamp_seconds"), 1)
		a.end()
	})
}

func TestSendsOfAConnectionThatIsGoneAreTold(t *testing.T) {
	store, err := record.Open(t.Context(), bustest.Server(t).JS(t))
	require.NoError(t, err)
	open(t, store, 1, "acme-books")
	open(t, store, 2, "gone-books")
	open(t, store, 3, "gone-books")
	var log bytes.Buffer
	c := &census.Census{
		Store: store, Owner: "one", Metrics: census.NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Serves: func(id string) bool { return id == "acme-books" },
	}
	c.Once(t.Context())
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "connection=gone-books invoices=2")
	require.NotContains(t, log.String(), "connection=acme-books")
	told := log.Len()
	c.Once(t.Context())
	require.Equal(t, told, log.Len(), "told once")
	open(t, store, 4, "gone-books")
	c.Once(t.Context())
	require.Contains(t, log.String(), "connection=gone-books invoices=3")
}
