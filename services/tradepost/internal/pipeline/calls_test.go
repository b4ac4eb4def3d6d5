package pipeline_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/sandbox"
)

func TestTwelveClientsKeepToTheAccountsLimitOfCalls(t *testing.T) {
	var flying, most atomic.Int64
	s := newShop(t, sandbox.Options{})
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			now := flying.Add(1)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			timer := time.NewTimer(5 * time.Millisecond) // long enough to meet others
			<-timer.C
			flying.Add(-1) // before anything of the answer is sent
			next.ServeHTTP(w, r)
		})
	}
	var all []*servicetrade.Client
	for range 4 {
		all = append(all, s.process(func(st *connection.ServiceTrade) { st.MaxParallel = 3 })...)
	}
	for range 5 {
		s.requireRead(all)
	}
	require.Equal(t, int64(3), most.Load())
	require.Equal(t, 1, s.logins())
}

func TestOneRetryAfterHoldsAllProcesses(t *testing.T) {
	var refuse atomic.Bool
	s := newShop(t, sandbox.Options{Faults: func(r *http.Request) *sandbox.Fault {
		if r.Method == http.MethodGet && refuse.CompareAndSwap(true, false) {
			return &sandbox.Fault{Status: http.StatusTooManyRequests, RetryAfter: 2 * time.Second}
		}
		return nil
	}})
	one, two := s.process(), s.process()
	s.requireRead(append(one, two...))
	refuse.Store(true)
	s.sandbox.API.ForgetRequests()
	var group sync.WaitGroup
	group.Go(func() { _, _ = one[0].Invoice(t.Context(), s.ids[0]) })
	js := s.broker.JS(t)
	require.Eventually(t, func() bool {
		c, err := js.Consumer(t.Context(), bus.StreamCalls, "calls-acme-4")
		return err == nil && c.CachedInfo().Paused
	}, 10*time.Second, 5*time.Millisecond)
	for _, c := range two {
		group.Go(func() { _, _ = c.Invoice(t.Context(), s.ids[1]) })
	}
	group.Wait()
	requests := s.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodGet})
	require.Len(t, requests, 5)
	require.Equal(t, http.StatusTooManyRequests, requests[0].Status)
	for _, r := range requests[1:] {
		require.GreaterOrEqual(t, r.Time.Sub(requests[0].Time), 1900*time.Millisecond)
	}
}
