package record

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// deaf is a bucket whose next update times out: before it is done when lost is
// set, and after it otherwise.
type deaf struct {
	jetstream.KeyValue
	lost bool
	// meanwhile runs while the caller waits for the answer.
	meanwhile func()
}

func (d *deaf) Update(ctx context.Context, key string, body []byte, revision uint64) (uint64, error) {
	if !d.lost {
		if _, err := d.KeyValue.Update(ctx, key, body, revision); err != nil {
			return 0, err
		}
	}
	if d.meanwhile != nil {
		d.meanwhile()
	}
	return 0, context.DeadlineExceeded
}

// deafStore is a store whose updates time out, beside one that hears, and the
// entry of an open send.
func deafStore(t *testing.T) (hard, good *Store, d *deaf, e Entry) {
	t.Helper()
	good, err := Open(t.Context(), bustest.Server(t).JS(t))
	require.NoError(t, err)
	e, err = good.Change(t.Context(), Entry{Key: testKey}, OpenSend(opens(testHash)))
	require.NoError(t, err)
	d = &deaf{KeyValue: good.kv}
	return &Store{kv: d}, good, d, e
}

func claimOf(instance string) Transition {
	c := testClaim
	c.Owner = NewOwner(instance)
	return Claim(c, intent(testHash))
}

func TestAWriteWhoseAnswerWasLostIsRecognised(t *testing.T) {
	hard, good, _, e := deafStore(t)
	wrote, err := hard.Change(t.Context(), e, claimOf("a"))
	require.NoError(t, err)
	now, err := good.Get(t.Context(), testKey)
	require.NoError(t, err)
	require.Equal(t, now.Revision, wrote.Revision, "the next change starts from what was written")
	_, err = good.Change(t.Context(), wrote, Release(wrote.Record.GetClaim().GetOwner(), Waits{}))
	require.NoError(t, err)
}

func TestAWriteThatNeverArrivedIsAnError(t *testing.T) {
	hard, good, d, e := deafStore(t)
	d.lost = true
	_, err := hard.Change(t.Context(), e, claimOf("a"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	now, err := good.Get(t.Context(), testKey)
	require.NoError(t, err)
	require.Equal(t, Opening, now.State())
}

// Two attempts of one process claim at once, and the write of one is lost. It must
// not take the other's claim for its own: both would call the accounting system.
func TestTheClaimOfAnotherAttemptIsNeverTakenForOnesOwn(t *testing.T) {
	for name, other := range map[string]string{"of the same process": "a", "of another process": "b"} {
		t.Run(name, func(t *testing.T) {
			hard, good, d, e := deafStore(t)
			d.lost = true
			d.meanwhile = func() {
				_, err := good.Change(t.Context(), e, claimOf(other))
				require.NoError(t, err)
			}
			_, err := hard.Change(t.Context(), e, claimOf("a"))
			require.Error(t, err)
		})
	}
}

func TestAConflictIsToldAsOne(t *testing.T) {
	hard, good, _, e := deafStore(t)
	_, err := good.Change(t.Context(), e, claimOf("a"))
	require.NoError(t, err)
	_, err = hard.Change(t.Context(), e, claimOf("a"))
	require.ErrorIs(t, err, ErrConflict)
}

func TestNoTwoAttemptsSignAlike(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		owner := NewOwner("host-1")
		require.Contains(t, owner, "host-1/", "people see whose attempt it was")
		require.False(t, seen[owner])
		seen[owner] = true
	}
}

// A renewal starts from the server's time of its own revision.
func TestARenewedClaimKeepsOthersOutAnew(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		store, err := Open(t.Context(), s.JS(t))
		require.NoError(t, err)
		e, err := store.Change(t.Context(), Entry{Key: testKey}, OpenSend(opens(testHash)))
		require.NoError(t, err)
		e, err = store.Change(t.Context(), e, Claim(testClaim, intent(testHash)))
		require.NoError(t, err)
		time.Sleep(15 * time.Second) // fake time
		_, err = store.Change(t.Context(), e, Renew(testClaim, nil))
		require.NoError(t, err)
		e, err = store.Get(t.Context(), testKey)
		require.NoError(t, err)
		left, err := store.TakeOverIn(t.Context(), e)
		require.NoError(t, err)
		require.Equal(t, testClaim.Lasts+testClaim.Settling+Margin, left.Round(time.Second))
	})
}
