package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

func TestALeaseHasOneOwnerUntilNobodyRenewsIt(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		store, err := record.Open(t.Context(), s.JS(t))
		require.NoError(t, err)
		take := func(owner string) bool {
			has, err := store.Lease(t.Context(), "census", owner, time.Minute)
			require.NoError(t, err)
			return has
		}
		require.True(t, take("a"))
		require.False(t, take("b"))
		time.Sleep(50 * time.Second) // fake time
		require.True(t, take("a"), "the owner renews")
		time.Sleep(50 * time.Second)
		require.False(t, take("b"), "renewed less than a minute ago")
		time.Sleep(11 * time.Second)
		require.True(t, take("b"), "nobody renewed it")
		require.False(t, take("a"))
		n := 0
		require.NoError(t, store.Each(t.Context(), func(record.Entry) error { n++; return nil }))
		require.Zero(t, n, "a lease is no record")
	})
}
