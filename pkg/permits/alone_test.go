package permits

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A process on its own keeps to all limits of the company, and gives no caller up.
func TestAloneKeepsToTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := documented()
		limits.Company, limits.PerApp = "1001", []connector.Rate{{Calls: 300, Per: time.Minute}}
		a := NewAlone()
		var mu sync.Mutex
		var calls []time.Time
		flying, most := 0, 0
		var group sync.WaitGroup
		for range 30 {
			group.Go(func() {
				for range 20 {
					done, err := a.For(limits).Take(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					calls, flying = append(calls, time.Now()), flying+1
					most = max(most, flying)
					mu.Unlock()
					<-time.After(3 * time.Second)
					mu.Lock()
					flying--
					mu.Unlock()
					done()
					done() // does no harm
				}
			})
		}
		group.Wait()
		require.Len(t, calls, 600)
		require.Equal(t, limits.Parallel, most)
		slices.SortFunc(calls, time.Time.Compare)
		for _, rate := range append(limits.PerCompany, limits.PerApp...) {
			for i := rate.Calls; i < len(calls); i++ {
				require.Greater(t, calls[i].Sub(calls[i-rate.Calls]), rate.Per, "%d calls in %s", rate.Calls+1, rate.Per)
			}
		}
	})
}

// A company that asked for a pause has it, whoever waits for a moment already; who would
// wait for long is sent away.
func TestAloneStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := documented()
		limits.Company = "1001"
		l := NewAlone().For(limits)
		_, err := l.Take(t.Context())
		require.NoError(t, err)
		began := time.Now()
		waiting := make(chan error)
		go func() {
			_, err := l.Take(t.Context())
			waiting <- err
		}()
		synctest.Wait()
		l.Hold(t.Context(), 3*time.Second)
		require.NoError(t, <-waiting)
		require.GreaterOrEqual(t, time.Since(began), 3*time.Second)

		l.Hold(t.Context(), time.Minute)
		_, err = l.Take(t.Context())
		answer, is := connector.AnswerOf(err)
		require.True(t, is)
		require.Equal(t, connector.ReasonThrottled, answer.(connector.Wait).Reason)
		require.Equal(t, time.Minute, answer.(connector.Wait).For)

		<-time.After(time.Minute)
		done, err := l.Take(t.Context())
		require.NoError(t, err)
		done()
		ended, end := context.WithCancel(t.Context())
		end()
		_, err = l.Take(ended)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestAloneCountsItsReads(t *testing.T) {
	a := NewAlone()
	limits := documented()
	a.For(limits)
	require.Empty(t, a.Reads())
	a.For(limits).Metered(3)
	limits.ReadBudget = 1000
	for _, limits.Company = range []string{"1001", "1002"} {
		a.For(limits).Metered(2)
	}
	require.Equal(t, []Reads{{App: "app", Made: 7, Uncounted: 7, Budget: 1000}}, a.Reads())
}
