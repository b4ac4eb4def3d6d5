package bus_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// Two replicas hold configurations that differ in poll_interval: a roll-out, or one
// that refused the new file. Both look after the schedule, and both start anew now and
// then: the polls are not multiplied, and the newer configuration counts.
func TestReplicasThatDifferInTheIntervalDoNotMultiplyThePolls(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		p := bus.NewPublisher(js, quiet)
		ticks := make(chan bus.Message, 10000)
		r := newRouter(t, js)
		require.NoError(t, r.Handle(pollConsumer(), func(_ context.Context, m bus.Message) error {
			ticks <- m
			return nil
		}))
		stop := run(t, r)
		ctx := context.Background()
		before := bus.PollOf{Mark: "a", Written: time.Now()}
		after := bus.PollOf{Mark: "b", Written: time.Now().Add(time.Minute)}
		for range 60 { // 30 minutes
			for _, schedule := range []func(context.Context, string, time.Duration, bus.PollOf) error{p.SchedulePoll, p.KeepPoll} {
				require.NoError(t, schedule(ctx, "acme", 10*time.Minute, after))
				require.NoError(t, schedule(ctx, "acme", time.Hour, before))
			}
			<-time.After(30 * time.Second)
		}
		require.InDelta(t, 4, len(drained(ticks)), 1)
		require.NoError(t, stop())
	})
}

func TestOneTickForAChangeHoweverManyReplicas(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		ticks := make(chan bus.Message, 100)
		r := newRouter(t, js)
		require.NoError(t, r.Handle(pollConsumer(), func(_ context.Context, m bus.Message) error {
			ticks <- m
			return nil
		}))
		stop := run(t, r)
		for _, mark := range []string{"one connection", "two connections"} {
			var replicas sync.WaitGroup
			for range 5 {
				p := bus.NewPublisher(js, quiet)
				replicas.Go(func() {
					assert.NoError(t, p.SchedulePoll(context.Background(), "acme", time.Hour, bus.PollOf{Mark: mark}))
				})
			}
			replicas.Wait()
			<-time.After(time.Minute)
			require.Len(t, drained(ticks), 1, mark)
		}
		require.NoError(t, stop())
	})
}

func TestOrphanSchedulesOfANewerConfigurationStay(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	of := bus.PollOf{Written: time.Now()}
	require.NoError(t, p.SchedulePoll(within(t), "acme", time.Hour, of))
	has := func() map[string]bool {
		all, err := p.PollSchedules(within(t))
		require.NoError(t, err)
		return all
	}
	require.Equal(t, map[string]bool{"acme": true}, has())
	require.NoError(t, p.UnscheduleOrphan(within(t), "acme", bus.PollOf{Written: of.Written.Add(-time.Hour)}))
	require.Equal(t, map[string]bool{"acme": true}, has(), "the newer configuration may have the account")
	require.NoError(t, p.UnscheduleOrphan(within(t), "acme", of))
	require.Empty(t, has())
}
