package deliver

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

var someCompany = connector.CallLimits{System: "quickbooks", Company: "9130350000000001", Parallel: 3, PerMinute: 120}

// Two replicas share a company's limits; another company has its own.
func TestReplicasShareTheLimitsOfACompany(t *testing.T) {
	s := bustest.Server(t)
	log := slog.New(slog.DiscardHandler)
	first, second := sharedCalls(s.JS(t), log)(someCompany), sharedCalls(s.JS(t), log)(someCompany)
	var flying, most atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for n := range 9 {
		l := []connector.CallLimiter{first, second}[n%2]
		wg.Go(func() {
			done, err := l.Take(t.Context())
			if !assertNoError(t, err) {
				return
			}
			now := flying.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			flying.Add(-1)
			done()
		})
	}
	wg.Wait()
	require.LessOrEqual(t, most.Load(), int64(3))
	require.GreaterOrEqual(t, time.Since(began), 2500*time.Millisecond, "three at once, and again after 1.5 s each")
	other := someCompany
	other.Company = "9130350000000002"
	done, err := sharedCalls(s.JS(t), log)(other).Take(t.Context())
	require.NoError(t, err)
	done()
}

// A company that asked for a minute is waited for by the connection, not by the call.
func TestALongPauseIsTheConnectionsToWait(t *testing.T) {
	s := bustest.Server(t)
	log := slog.New(slog.DiscardHandler)
	first, second := sharedCalls(s.JS(t), log)(someCompany), sharedCalls(s.JS(t), log)(someCompany)
	done, err := second.Take(t.Context())
	require.NoError(t, err)
	done()
	first.Hold(t.Context(), time.Minute)
	_, err = second.Take(t.Context())
	for err == nil {
		_, err = second.Take(t.Context())
	}
	a, is := connector.AnswerOf(err)
	require.True(t, is, "%v", err)
	wait := a.(connector.Wait)
	require.Equal(t, connector.ReasonThrottled, wait.Reason)
	require.InDelta(t, time.Minute, wait.For, float64(20*time.Second))
}

func assertNoError(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		t.Errorf("take: %v", err)
	}
	return err == nil
}

func TestAnyNameFitsASubject(t *testing.T) {
	require.Equal(t, "quickbooks-913-0", subjectWord("QuickBooks-913.0"))
	require.Len(t, subjectWord("quickbooks-"+string(make([]byte, 100))), 40)
}
