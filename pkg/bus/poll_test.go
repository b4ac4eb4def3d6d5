package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

func pollConsumer() bus.Consumer {
	return bus.Consumer{Stream: bus.StreamPolls, Durable: "ingest-ticks", Filter: bus.PollTickFilter, MaxInFlight: 10}
}

func TestSchedulePoll(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		p := bus.NewPublisher(js, quiet)
		ticks := make(chan bus.Message, 1000)
		r := newRouter(t, js)
		require.NoError(t, r.Handle(pollConsumer(), func(_ context.Context, m bus.Message) error {
			ticks <- m
			return nil
		}))
		stop := run(t, r)
		ctx := context.Background()
		require.NoError(t, p.SchedulePoll(ctx, "acme", 30*time.Second, bus.PollOf{}))
		first := <-ticks
		require.Equal(t, bus.PollTick("acme"), first.Raw)
		require.True(t, first.Subject.IsZero())

		for range 10 {
			<-time.After(10 * time.Second)
			require.NoError(t, p.SchedulePoll(ctx, "acme", 30*time.Second, bus.PollOf{}), "the same again moves nothing")
		}
		require.InDelta(t, 3, len(drained(ticks)), 1)

		<-time.After(15 * time.Minute)
		require.InDelta(t, 30, len(drained(ticks)), 1)

		require.NoError(t, p.SchedulePoll(ctx, "acme", time.Minute, bus.PollOf{}))
		<-ticks
		<-time.After(10 * time.Minute)
		require.InDelta(t, 10, len(drained(ticks)), 1)

		require.NoError(t, p.Unschedule(ctx, "acme"))
		require.NoError(t, p.Unschedule(ctx, "acme"))
		<-time.After(time.Second) // One may be on its way.
		drained(ticks)
		<-time.After(10 * time.Minute)
		require.Empty(t, ticks)

		require.NoError(t, p.SchedulePoll(ctx, "acme", time.Minute, bus.PollOf{}))
		<-time.After(5 * time.Hour)
		// Not exactly 300: see FakeTime on ageing.
		require.Greater(t, len(drained(ticks)), 100, "the schedule outlives the age of its stream")
		require.NoError(t, stop())
	})
}

func drained(c chan bus.Message) (all []bus.Message) {
	for {
		select {
		case m := <-c:
			all = append(all, m)
		default:
			return all
		}
	}
}

func TestTicksDoNotPileUp(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	for i := range 5 {
		require.NoError(t, p.SchedulePoll(within(t), "acme", time.Hour+time.Duration(i)*time.Second, bus.PollOf{}))
		require.NoError(t, p.Hint(within(t), "acme", 7, time.Time{}))
		require.NoError(t, p.Hint(within(t), "acme", 8, time.Time{}))
	}
	require.EqualValues(t, 4, count(t, js, bus.StreamPolls), "one schedule, one tick, two hints")
}

func TestSchedulePollRefusals(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	require.ErrorContains(t, p.SchedulePoll(within(t), "Acme", time.Minute, bus.PollOf{}), `account "Acme"`)
	require.ErrorContains(t, p.SchedulePoll(within(t), "acme", time.Millisecond, bus.PollOf{}), "1 s at least")
	require.ErrorContains(t, p.SchedulePoll(within(t), "acme", 1500*time.Millisecond, bus.PollOf{}), "whole seconds")
	require.ErrorContains(t, p.Hint(within(t), "acme", 0, time.Time{}), "no invoice id")
	require.NoError(t, js.DeleteStream(within(t), bus.StreamPolls))
	require.ErrorContains(t, p.SchedulePoll(within(t), "acme", time.Minute, bus.PollOf{}), "schedule polls of acme")
	require.ErrorContains(t, p.Unschedule(within(t), "acme"), "end the polls of acme")
}

func TestReplicasShareTicks(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	got := make(chan string, 100)
	for i := range 3 {
		r := newRouter(t, js)
		require.NoError(t, r.Handle(pollConsumer(), func(_ context.Context, m bus.Message) error {
			got <- fmt.Sprintf("replica %d: %s", i, m.Raw)
			return nil
		}))
		run(t, r)
	}
	require.NoError(t, p.SchedulePoll(within(t), "acme", time.Hour, bus.PollOf{}))
	require.NoError(t, p.SchedulePoll(within(t), "brown", time.Hour, bus.PollOf{}))
	bustest.Receive(t, got)
	bustest.Receive(t, got)
	consumer, err := js.Consumer(within(t), bus.StreamPolls, "ingest-ticks")
	require.NoError(t, err)
	bustest.Eventually(t, func() error {
		info, err := consumer.Info(context.Background())
		if err == nil && (info.NumPending != 0 || info.NumAckPending != 0) {
			err = fmt.Errorf("pending %d, unacked %d", info.NumPending, info.NumAckPending)
		}
		return err
	})
	require.Empty(t, got, "each tick went to one replica")
}

// A schedule that is lost, with its stream or without, is there again by itself: an
// account that nobody polls would be a silent stall.
func TestLostScheduleComesBack(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		p := bus.NewPublisher(js, quiet)
		ticks := make(chan bus.Message, 1000)
		c := bus.TickConsumer("acme")
		c.Bound = func(ctx context.Context) error { return p.KeepPoll(ctx, "acme", 30*time.Second, bus.PollOf{}) }
		r := newRouter(t, js)
		require.NoError(t, r.Handle(c, func(_ context.Context, m bus.Message) error {
			ticks <- m
			return nil
		}))
		stop := run(t, r)
		<-ticks
		require.NoError(t, js.DeleteStream(context.Background(), bus.StreamPolls))
		<-time.After(time.Minute)
		require.ErrorContains(t, r.Ready(), "stream POLLS is missing")
		_, err := bus.Apply(context.Background(), js, bus.ApplyOptions{})
		require.NoError(t, err)
		<-time.After(10 * time.Second)
		require.NoError(t, r.Ready())
		require.NotEmpty(t, drained(ticks), "polled at once")

		require.NoError(t, p.Unschedule(context.Background(), "acme"))
		<-time.After(4 * time.Minute)
		require.NotEmpty(t, drained(ticks), "found missing with the next look")
		require.NoError(t, stop())
	})
}

func TestHintsAreTakenPerAccount(t *testing.T) {
	js := bustest.Server(t).JS(t)
	p := bus.NewPublisher(js, quiet)
	got := make(chan string, 10)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(bus.HintConsumer("acme"), func(_ context.Context, m bus.Message) error {
		got <- m.Raw
		return nil
	}))
	run(t, r)
	require.NoError(t, p.Hint(within(t), "acme-west", 7, time.Time{}))
	require.NoError(t, p.SchedulePoll(within(t), "acme", time.Hour, bus.PollOf{}))
	require.NoError(t, p.Hint(within(t), "acme", 8, time.Time{}))
	require.Equal(t, "poll.hint.acme.8", bustest.Receive(t, got))
	require.Empty(t, got)
}
