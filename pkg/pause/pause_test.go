package pause_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/pause"
)

const connection = "acme-books"

func open(t *testing.T) (*pause.Store, jetstream.JetStream) {
	t.Helper()
	js := bustest.Server(t).JS(t)
	s, err := pause.Open(t.Context(), js)
	require.NoError(t, err)
	return s, js
}

// consumer makes the connection's consumer with a router that takes messages.
func consumer(t *testing.T, js jetstream.JetStream, h bus.Handler) {
	t.Helper()
	r, err := bus.NewRouter(bus.RouterOptions{JS: js, Log: slog.New(slog.DiscardHandler), Service: "deliver"})
	require.NoError(t, err)
	require.NoError(t, r.Handle(bus.ReadyConsumer(connection, 2), h))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, bustest.Receive(t, done))
	})
	bustest.Eventually(t, func() error {
		_, err := js.Consumer(t.Context(), bus.StreamReady, "deliver-"+connection)
		return err
	})
	bustest.Eventually(t, r.Ready)
}

func by(who, reason string, lasts time.Duration) *tradepostv1.Pause {
	p := &tradepostv1.Pause{By: who, Reason: reason}
	if lasts > 0 {
		p.Until = timestamppb.New(time.Now().Add(lasts))
	}
	return p
}

func set(t *testing.T, s *pause.Store, p *tradepostv1.Pause) *tradepostv1.Pause {
	t.Helper()
	after, err := s.Set(t.Context(), connection, p, time.Now())
	require.NoError(t, err)
	return after
}

func liftOwn(t *testing.T, s *pause.Store, own *tradepostv1.Pause) bool {
	t.Helper()
	lifted, err := s.LiftOwn(t.Context(), connection, own, time.Now())
	require.NoError(t, err)
	return lifted
}

func paused(t *testing.T, s *pause.Store) bool {
	t.Helper()
	until, err := s.Consumer(t.Context(), connection)
	require.NoError(t, err)
	return !until.IsZero()
}

// A pause keeps messages back that came before and after it, also one that is being
// worked on and has to wait; the lift lets all of them go on.
func TestAPauseHoldsTheConsumerUntilItIsLifted(t *testing.T) {
	s, js := open(t)
	handled := make(chan int64, 10)
	answer := make(chan error, 1)
	consumer(t, js, func(_ context.Context, m bus.Message) error {
		handled <- m.Subject.InvoiceID
		if m.Delivered == 1 && m.Subject.InvoiceID == 1 {
			return <-answer
		}
		return nil
	})
	publish := func(id int64) {
		_, err := js.Publish(t.Context(), fmt.Sprintf("invoice.ready.%s.%d", connection, id), []byte("{}"))
		require.NoError(t, err)
	}
	publish(1)
	require.EqualValues(t, 1, bustest.Receive(t, handled))
	own := set(t, s, by(pause.Deliver, "signed_out", time.Hour))
	require.True(t, paused(t, s))
	answer <- bus.RetryAfter(0, errors.New("signed out"))
	publish(2)
	bustest.Eventually(t, func() error {
		c, err := js.Consumer(t.Context(), bus.StreamReady, "deliver-"+connection)
		if err != nil {
			return err
		}
		if i := c.CachedInfo(); i.NumPending != 1 {
			return fmt.Errorf("%d pending", i.NumPending)
		}
		return nil
	})
	require.Empty(t, handled)

	require.True(t, liftOwn(t, s, own))
	require.ElementsMatch(t, []int64{1, 2}, []int64{bustest.Receive(t, handled), bustest.Receive(t, handled)})
	p, err := s.Get(t.Context(), connection)
	require.NoError(t, err)
	require.Nil(t, p)
}

func TestAutomationGivesWayToAPerson(t *testing.T) {
	s, js := open(t)
	consumer(t, js, func(context.Context, bus.Message) error { return nil })
	set(t, s, by(pause.Operator, "month end", 0))
	after := set(t, s, by(pause.Deliver, "throttled", time.Minute))
	require.Equal(t, "month end", after.GetReason())
	require.False(t, liftOwn(t, s, after), "automation lifts only its own")
	require.False(t, liftOwn(t, s, nil))
	require.True(t, paused(t, s))

	set(t, s, by(pause.Operator, "an hour", time.Hour))
	after = set(t, s, by(pause.Deliver, "signed_out", 2*time.Hour))
	require.Equal(t, "an hour", after.GetReason(), "however long automation wants")

	after = set(t, s, by(pause.Operator, "longer", 0))
	require.Equal(t, "longer", after.GetReason(), "a person replaces any")
	lifted, err := s.Lift(t.Context(), connection)
	require.NoError(t, err)
	require.True(t, lifted)
	require.False(t, paused(t, s))
	lifted, err = s.Lift(t.Context(), connection)
	require.NoError(t, err)
	require.False(t, lifted)
}

// A probe began under one pause and ends under another: it lifts nothing.
func TestAPauseThatWasReplacedIsNotLifted(t *testing.T) {
	s, js := open(t)
	consumer(t, js, func(context.Context, bus.Message) error { return nil })
	old := set(t, s, by(pause.Deliver, "signed_out", time.Minute))
	set(t, s, by(pause.Deliver, "throttled", time.Hour))
	require.False(t, liftOwn(t, s, old))
	require.True(t, paused(t, s))
}

func TestTheLongerPauseOfOneAutomationCounts(t *testing.T) {
	s, _ := open(t)
	first := set(t, s, by(pause.Deliver, "throttled", time.Hour))
	again := set(t, s, by(pause.Deliver, "throttled", time.Minute))
	require.Equal(t, first.GetUntil().AsTime(), again.GetUntil().AsTime())
	longer := set(t, s, by(pause.Deliver, "throttled", 2*time.Hour))
	require.Greater(t, longer.GetUntil().AsTime(), first.GetUntil().AsTime())
	require.Equal(t, first.GetSince().AsTime(), longer.GetSince().AsTime(), "it began with the first")
	probed := by(pause.Deliver, "unreachable", 3*time.Hour)
	probed.Probed = true
	require.Equal(t, "throttled", set(t, s, probed).GetReason(), "a time that was asked for is kept to")
}

// What a person did to the consumer alone stays, unless a person ends it.
func TestAPauseByTheStockProgramIsLeftAlone(t *testing.T) {
	s, js := open(t)
	consumer(t, js, func(context.Context, bus.Message) error { return nil })
	own := set(t, s, by(pause.Deliver, "throttled", time.Minute))
	_, err := js.PauseConsumer(t.Context(), bus.StreamReady, "deliver-"+connection, time.Now().Add(24*time.Hour))
	require.NoError(t, err)
	require.True(t, liftOwn(t, s, own))
	require.True(t, paused(t, s))
	require.NoError(t, s.Project(t.Context(), connection, time.Now()))
	require.True(t, paused(t, s))
	lifted, err := s.Lift(t.Context(), connection)
	require.NoError(t, err)
	require.True(t, lifted)
	require.False(t, paused(t, s))
}

// The consumer is lost with its stream, or is made only later: binding projects.
func TestAConsumerThatComesLaterIsPaused(t *testing.T) {
	s, js := open(t)
	set(t, s, by(pause.Operator, "not yet", 0))
	consumer(t, js, func(context.Context, bus.Message) error { return nil })
	require.False(t, paused(t, s))
	require.NoError(t, s.Project(t.Context(), connection, time.Now()))
	require.True(t, paused(t, s))
}

// A newer version wrote into the connection's record; the pause leaves that alone.
func TestTheRestOfTheRecordStays(t *testing.T) {
	s, js := open(t)
	kv, err := js.KeyValue(t.Context(), bus.BucketConnections)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), connection, `{"connection":"acme-books","companyId":"realm-1","newer":{"a":1},"pause":{"by":"deliver","colour":"red"}}`)
	require.NoError(t, err)
	set(t, s, by(pause.Operator, "month end", 0))
	e, err := kv.Get(t.Context(), connection)
	require.NoError(t, err)
	require.Contains(t, string(e.Value()), "realm-1")
	require.Contains(t, string(e.Value()), `"newer":{"a":1}`)
	require.NotContains(t, string(e.Value()), "colour", "the pause that was replaced is gone whole")
}

// Two write at once: both changes count, none is lost.
func TestChangesAtOnce(t *testing.T) {
	s, _ := open(t)
	errs := make(chan error, 8)
	for i := range 8 {
		go func() {
			_, err := s.Set(t.Context(), connection, by(pause.Deliver, "throttled", time.Duration(i+1)*time.Hour), time.Now())
			errs <- err
		}()
	}
	for range 8 {
		require.NoError(t, bustest.Receive(t, errs))
	}
	p, err := s.Get(t.Context(), connection)
	require.NoError(t, err)
	require.Greater(t, time.Until(p.GetUntil().AsTime()), 7*time.Hour, "the longest counts")
}

// Whoever sees the record change projects it: also when the one who lifted it died
// before the consumer heard of it.
func TestAWatchingReplicaProjects(t *testing.T) {
	s, js := open(t)
	consumer(t, js, func(context.Context, bus.Message) error { return nil })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	seen := make(chan *tradepostv1.Pause, 10)
	go func() {
		done <- s.NewWatch(func(c string, p *tradepostv1.Pause, err error) {
			if c == connection && err == nil {
				seen <- p
			}
		}).Follow(ctx)
	}()
	kv, err := js.KeyValue(t.Context(), bus.BucketConnections)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), connection, `{"connection":"acme-books","pause":{"by":"operator"}}`)
	require.NoError(t, err)
	require.Equal(t, "operator", bustest.Receive(t, seen).GetBy())
	require.True(t, paused(t, s))
	_, err = kv.PutString(t.Context(), connection, `{"connection":"acme-books"}`)
	require.NoError(t, err)
	require.Nil(t, bustest.Receive(t, seen))
	require.False(t, paused(t, s))
	cancel()
	require.NoError(t, bustest.Receive(t, done))
}

// What a pause kept back is not taken for stuck as soon as it is over.
func TestAPauseCountsForAWhileAfterItsEnd(t *testing.T) {
	s, _ := open(t)
	lately := func(in time.Duration) bool {
		is, err := s.Lately(t.Context(), connection, 15*time.Minute, time.Now().Add(in))
		require.NoError(t, err)
		return is
	}
	require.False(t, lately(0))
	set(t, s, by(pause.Deliver, "throttled", time.Hour))
	require.True(t, lately(0))
	require.True(t, lately(70*time.Minute))
	require.False(t, lately(80*time.Minute))
	_, err := s.Lift(t.Context(), connection)
	require.NoError(t, err)
	require.True(t, lately(10*time.Minute))
	require.False(t, lately(20*time.Minute))
}

// What was said of a pause stays while the trouble is the same, also when somebody who
// has nothing to say makes it longer.
func TestAMessageStaysWithItsTrouble(t *testing.T) {
	js := bustest.Server(t).JS(t)
	store, err := pause.Open(t.Context(), js)
	require.NoError(t, err)
	now := time.Now()
	set := func(reason, message string, lasts time.Duration) *tradepostv1.Pause {
		t.Helper()
		p, err := store.Set(t.Context(), "acme-qbo", &tradepostv1.Pause{
			By: pause.Deliver, Reason: reason, Message: message, Probed: true, Until: timestamppb.New(now.Add(lasts)),
		}, now)
		require.NoError(t, err)
		return p
	}
	set("signed_out", "sign in again", time.Minute)
	require.Equal(t, "sign in again", set("signed_out", "", 2*time.Minute).GetMessage())
	require.Equal(t, "the user is gone", set("signed_out", "the user is gone", 3*time.Minute).GetMessage())
	require.Empty(t, set("unreachable", "", 4*time.Minute).GetMessage())
}
