package record_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

func open(t *testing.T) *record.Store {
	t.Helper()
	js := bustest.Server(t).JS(t)
	_, err := bus.Apply(t.Context(), js, bus.ApplyOptions{})
	require.NoError(t, err)
	s, err := record.Open(t.Context(), js)
	require.NoError(t, err)
	return s
}

func opens(id int64) record.Opens {
	return record.Opens{
		Key: record.Key{Account: "acme", InvoiceID: id}, Connection: "acme-books", SnapshotHash: "h", HashVersion: 1,
		StartStatus: "pending_accounting", Now: time.Now(),
	}
}

func TestOnlyOneOfManyOpensTheSend(t *testing.T) {
	s := open(t)
	key := record.Key{Account: "acme", InvoiceID: 2687264638045999}
	e, err := s.Get(t.Context(), key)
	require.NoError(t, err)
	require.Nil(t, e.Record)

	var won atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.Change(t.Context(), e, record.OpenSend(opens(key.InvoiceID))); err == nil {
				won.Add(1)
			} else {
				require.ErrorIs(t, err, record.ErrConflict)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(1), won.Load())
}

// Many workers ask for the time at once, as after a crash under load: each pushes
// the others' questions out of the bucket's short history.
func TestManyMayAskForTheServersTimeAtOnce(t *testing.T) {
	s := open(t)
	var wg sync.WaitGroup
	before := time.Now().Add(-time.Second)
	for range 64 {
		wg.Go(func() {
			for range 10 {
				now, err := s.ServerNow(t.Context())
				if !assert.NoError(t, err) {
					return
				}
				assert.True(t, now.After(before) && now.Before(time.Now().Add(time.Second)), now)
			}
		})
	}
	wg.Wait()
}

func TestAStaleEntryChangesNothing(t *testing.T) {
	s := open(t)
	first, err := s.Change(t.Context(), record.Entry{Key: record.Key{Account: "acme", InvoiceID: 1}}, record.OpenSend(opens(1)))
	require.NoError(t, err)
	_, err = s.Change(t.Context(), first, record.MarkOpened())
	require.NoError(t, err)
	_, err = s.Change(t.Context(), first, record.Hold("late"))
	require.ErrorIs(t, err, record.ErrConflict)
	now, err := s.Get(t.Context(), first.Key)
	require.NoError(t, err)
	require.Equal(t, record.Opened, now.State())
}

func TestTakeOverWaitsForClaimSettlingAndMargin(t *testing.T) {
	s := open(t)
	e, err := s.Change(t.Context(), record.Entry{Key: record.Key{Account: "acme", InvoiceID: 1}}, record.OpenSend(opens(1)))
	require.NoError(t, err)
	claim := record.Claiming{Owner: "a", Lasts: 2 * time.Minute, Settling: time.Minute}
	e, err = s.Change(t.Context(), e, record.Claim(claim, &tradepostv1.Unresolved{}))
	require.NoError(t, err)

	read, err := s.Get(t.Context(), e.Key)
	require.NoError(t, err)
	left, err := s.TakeOverIn(t.Context(), read)
	require.NoError(t, err)
	want := 2*time.Minute + time.Minute + record.Margin
	require.LessOrEqual(t, left, want)
	require.Greater(t, left, want-30*time.Second, "less what passed since")
	require.Less(t, record.NewFence(claim.Lasts).Left(), left, "the owner's fence ends before others may take over")

	// An owner that ended its claim keeps others out only until its write can be seen.
	_, err = s.Change(t.Context(), e, record.Doubt("a", record.Waits{Reason: "timeout"}))
	require.NoError(t, err)
	read, err = s.Get(t.Context(), e.Key)
	require.NoError(t, err)
	left, err = s.TakeOverIn(t.Context(), read)
	require.NoError(t, err)
	require.LessOrEqual(t, left, time.Minute)
	require.Positive(t, left)
}

func TestServerTimeDoesNotGoBack(t *testing.T) {
	s := open(t)
	a, err := s.ServerNow(t.Context())
	require.NoError(t, err)
	b, err := s.ServerNow(t.Context())
	require.NoError(t, err)
	require.False(t, b.Before(a))
}

func TestEachSeesEveryInvoiceAndNothingElse(t *testing.T) {
	s := open(t)
	for id := int64(1); id <= 25; id++ {
		_, err := s.Change(t.Context(), record.Entry{Key: record.Key{Account: "acme", InvoiceID: id}}, record.OpenSend(opens(id)))
		require.NoError(t, err)
	}
	_, err := s.ServerNow(t.Context())
	require.NoError(t, err)
	seen := map[int64]bool{}
	require.NoError(t, s.Each(t.Context(), func(e record.Entry) error {
		seen[e.Key.InvoiceID] = true
		require.False(t, e.At.IsZero())
		return nil
	}))
	require.Len(t, seen, 25)
}

func TestMatch(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	rec := func(state tradepostv1.RecordState, settled tradepostv1.Settlement) record.Entry {
		return record.Entry{At: at, Record: &tradepostv1.Record{Send: 2, SnapshotHash: "h", State: state, Settlement: settled}}
	}
	failed, processed := tradepostv1.Settlement_SETTLEMENT_FAILED, tradepostv1.Settlement_SETTLEMENT_PROCESSED
	for name, c := range map[string]struct {
		entry     record.Entry
		send      int64
		hash      string
		published time.Time
		want      record.Wake
	}{
		"no record":                     {record.Entry{}, 1, "h", at, record.Ahead},
		"a send that is to come":        {rec(record.Closed, failed), 3, "h", at, record.Ahead},
		"the open send":                 {rec(record.Opened, 0), 2, "h", at, record.Current},
		"an older send":                 {rec(record.Opened, 0), 1, "h", at, record.Stale},
		"an older snapshot":             {rec(record.Opened, 0), 2, "old", at, record.Stale},
		"redelivered after it failed":   {rec(record.Closed, failed), 2, "h", at.Add(-time.Second), record.Stale},
		"published after it failed":     {rec(record.Closed, failed), 2, "h", at.Add(time.Second), record.Replayed},
		"published after it was posted": {rec(record.Closed, processed), 2, "h", at.Add(time.Second), record.Stale},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, record.Match(c.entry, c.send, c.hash, c.published))
		})
	}
}
