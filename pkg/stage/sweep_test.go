package stage_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
)

// rounds notes what a sweep was given.
type rounds struct {
	mu   sync.Mutex
	seen map[string][]int64 // invoices by connection
}

func (r *rounds) note(e record.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string][]int64{}
	}
	c := e.Record.GetConnection()
	r.seen[c] = append(r.seen[c], e.Key.InvoiceID)
}

func (r *rounds) of(connection string) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.seen[connection]))
}

// withRecords runs a test in fake time with three open invoices on each of two
// connections: 1 to 3 on acme-books, 11 to 13 on acme-other.
func withRecords(t *testing.T, test func(t *testing.T, js jetstream.JetStream, s *record.Store)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		js := b.JS(t)
		s, err := record.Open(t.Context(), js)
		require.NoError(t, err)
		for connection, ids := range map[string][]int64{"acme-books": {1, 2, 3}, "acme-other": {11, 12, 13}} {
			for _, id := range ids {
				k := record.Key{Account: "acme", InvoiceID: id}
				_, err := s.Change(t.Context(), record.Entry{Key: k}, record.OpenSend(record.Opens{Key: k, Connection: connection, SnapshotHash: "h"}))
				require.NoError(t, err)
			}
		}
		test(t, js, s)
	})
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestASystemThatIsAwayHoldsUpItsOwnConnectionOnly(t *testing.T) {
	withRecords(t, func(t *testing.T, _ jetstream.JetStream, s *record.Store) {
		r := &rounds{}
		log := &bytes.Buffer{}
		stage.SweepOnce(t.Context(), s, slog.New(slog.NewTextHandler(log, nil)), func(_ context.Context, e record.Entry) error {
			r.note(e)
			if e.Record.GetConnection() == "acme-books" {
				return errors.New("connection refused")
			}
			return nil
		})
		require.Len(t, r.of("acme-books"), 1, "its first error ends its part of the round")
		require.Equal(t, []int64{11, 12, 13}, r.of("acme-other"))
		require.Contains(t, log.String(), "connection refused", "it is told")
	})
}

func TestConnectionsAreSweptAtTheSameTime(t *testing.T) {
	withRecords(t, func(t *testing.T, _ jetstream.JetStream, s *record.Store) {
		r := &rounds{}
		start := time.Now()
		stage.SweepOnce(t.Context(), s, quiet(), func(_ context.Context, e record.Entry) error {
			time.Sleep(time.Hour) // a slow system, in fake time
			r.note(e)
			return nil
		})
		require.Equal(t, []int64{1, 2, 3}, r.of("acme-books"))
		require.Equal(t, []int64{11, 12, 13}, r.of("acme-other"))
		require.Equal(t, 3*time.Hour, time.Since(start).Round(time.Minute), "one after the other within a connection, side by side between two")
	})
}

func TestClosedRecordsAreNotSwept(t *testing.T) {
	withRecords(t, func(t *testing.T, _ jetstream.JetStream, s *record.Store) {
		e, err := s.Get(t.Context(), record.Key{Account: "acme", InvoiceID: 2})
		require.NoError(t, err)
		for _, step := range []record.Transition{
			record.Reject(&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED}),
			record.Settle(record.Claiming{Owner: "t"}), record.Close("t", tradepostv1.Settlement_SETTLEMENT_FAILED, time.Now()),
		} {
			e, err = s.Change(t.Context(), e, step)
			require.NoError(t, err)
		}
		r := &rounds{}
		stage.SweepOnce(t.Context(), s, quiet(), func(_ context.Context, e record.Entry) error { r.note(e); return nil })
		require.Equal(t, []int64{1, 3}, r.of("acme-books"))
	})
}

func TestARecordThatCannotBeReadStopsNoSweep(t *testing.T) {
	withRecords(t, func(t *testing.T, js jetstream.JetStream, s *record.Store) {
		kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
		require.NoError(t, err)
		_, err = kv.PutString(t.Context(), "acme.2", "{not json")
		require.NoError(t, err)
		r := &rounds{}
		log := &bytes.Buffer{}
		stage.SweepOnce(t.Context(), s, slog.New(slog.NewTextHandler(log, nil)), func(_ context.Context, e record.Entry) error { r.note(e); return nil })
		require.Equal(t, []int64{1, 3}, r.of("acme-books"))
		require.Equal(t, []int64{11, 12, 13}, r.of("acme-other"))
		require.Contains(t, log.String(), "acme.2", "it is told")
	})
}

func TestASweepComesAgainUntilItsEnd(t *testing.T) {
	withRecords(t, func(t *testing.T, _ jetstream.JetStream, s *record.Store) {
		ctx, cancel := context.WithTimeout(t.Context(), 16*time.Minute)
		defer cancel()
		r := &rounds{}
		require.NoError(t, stage.Sweep(ctx, s, 5*time.Minute, quiet(), func(_ context.Context, e record.Entry) error { r.note(e); return nil }))
		require.Len(t, r.of("acme-books"), 9, "three invoices in three rounds")
	})
}
