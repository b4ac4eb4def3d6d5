package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/coalesce"
)

// clerk answers what it is asked, and remembers the calls.
type clerk struct {
	mu    sync.Mutex
	calls [][]int
	takes time.Duration
}

func (c *clerk) ask(ctx context.Context, keys []int) (map[int]string, error) {
	c.mu.Lock()
	c.calls = append(c.calls, keys)
	c.mu.Unlock()
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	answers := map[int]string{}
	for _, k := range keys {
		if k < 0 {
			return nil, fmt.Errorf("key %d", k)
		}
		if k%100 != 99 {
			answers[k] = strconv.Itoa(k)
		}
	}
	return answers, nil
}

func TestQuestionsOfAMomentAreOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{takes: time.Second}
		b := coalesce.New(coalesce.Options[int, string]{Ask: c.ask, Most: 30, Linger: 20 * time.Millisecond})
		defer b.Close()
		began := time.Now()
		var group sync.WaitGroup
		for i := range 70 { // 35 keys, each twice
			group.Go(func() {
				v, err := b.Get(t.Context(), i/2)
				require.NoError(t, err)
				require.Equal(t, strconv.Itoa(i/2), v)
			})
		}
		group.Wait()
		require.Len(t, c.calls, 2)
		require.Len(t, c.calls[0], 30)
		require.Equal(t, time.Second+20*time.Millisecond, time.Since(began))
		_, err := b.Get(t.Context(), 99)
		require.ErrorIs(t, err, coalesce.ErrUnanswered)
	})
}

func TestWhoeverGoesAwayTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{takes: time.Minute}
		b := coalesce.New(coalesce.Options[int, string]{Ask: c.ask, Most: 30, Linger: 20 * time.Millisecond})
		defer b.Close()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			_, err := b.Get(short, 1)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
		group.Go(func() {
			v, err := b.Get(t.Context(), 2)
			require.NoError(t, err)
			require.Equal(t, "2", v)
		})
		group.Wait()

		gone, leave := context.WithCancel(t.Context())
		group.Go(func() { _, _ = b.Get(gone, 3) })
		synctest.Wait()
		leave()
		group.Wait()
		<-time.After(time.Second)
		require.Len(t, c.calls, 1, "nobody wanted to know any more")
	})
}

func TestAnErrorIsEverybodysAndCloseEndsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{takes: time.Hour}
		b := coalesce.New(coalesce.Options[int, string]{Ask: c.ask, Most: 2})
		var group sync.WaitGroup
		group.Go(func() {
			_, err := b.Get(t.Context(), 1)
			require.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		b.Close()
		group.Wait()
		_, err := b.Get(t.Context(), 1)
		require.ErrorIs(t, err, context.Canceled)

		c = &clerk{}
		b = coalesce.New(coalesce.Options[int, string]{Ask: c.ask, Most: 2, Linger: time.Millisecond})
		defer b.Close()
		for _, k := range []int{-1, 5} {
			group.Go(func() {
				_, err := b.Get(t.Context(), k)
				require.EqualError(t, err, "key -1")
			})
		}
		group.Wait()
	})
}

// Whoever asks when: each is answered with the answer to its own question, calls are
// no larger than they may be, and none is older than the question.
func TestEveryQuestionHasItsAnswer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(rt, "most")
		linger := time.Duration(rapid.IntRange(0, 20).Draw(rt, "linger")) * time.Millisecond
		asks := rapid.SliceOfN(rapid.IntRange(0, 12), 1, 40).Draw(rt, "keys")
		waits := rapid.SliceOfN(rapid.IntRange(0, 15), len(asks), len(asks)).Draw(rt, "waits")
		var failed error
		synctest.Test(t, func(*testing.T) {
			ask := func(_ context.Context, keys []int) (map[int]time.Time, error) {
				answers, now := map[int]time.Time{}, time.Now()
				for _, k := range keys {
					answers[k] = now
				}
				if len(keys) > most || len(answers) != len(keys) {
					return nil, fmt.Errorf("%d keys", len(keys))
				}
				<-time.After(3 * time.Millisecond)
				return answers, nil
			}
			b := coalesce.New(coalesce.Options[int, time.Time]{Ask: ask, Most: most, Linger: linger})
			defer b.Close()
			var group sync.WaitGroup
			var mu sync.Mutex
			for i, k := range asks {
				<-time.After(time.Duration(waits[i]) * time.Millisecond)
				asked := time.Now()
				group.Go(func() {
					at, err := b.Get(context.Background(), k)
					if err == nil && (at.Before(asked) || at.After(asked.Add(linger))) {
						err = fmt.Errorf("asked at %s, answered at %s", asked, at)
					}
					mu.Lock()
					defer mu.Unlock()
					failed = errors.Join(failed, err)
				})
			}
			group.Wait()
		})
		require.NoError(rt, failed)
	})
}
