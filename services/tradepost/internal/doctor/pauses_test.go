package doctor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

func TestAPausedConnectionIsTold(t *testing.T) {
	w, js := queued(t)
	store, err := pause.Open(t.Context(), js)
	require.NoError(t, err)
	c := bus.ReadyConsumer("acme-books", 1)
	_, err = js.CreateConsumer(t.Context(), c.Stream, jetstream.ConsumerConfig{Durable: c.Durable, FilterSubject: c.Filter, AckPolicy: jetstream.AckExplicitPolicy})
	require.NoError(t, err)
	require.Equal(t, doctor.OK, only(t, w.run(), "nats", "pauses").Status)

	now := time.Now()
	_, err = store.Set(t.Context(), "acme-books", &tradepostv1.Pause{By: pause.Deliver, Reason: "signed_out", Until: timestamppb.New(now.Add(time.Hour)), Probed: true}, now)
	require.NoError(t, err)
	told := only(t, w.run(), "nats", "pauses")
	require.Equal(t, doctor.Warn, told.Status)
	require.Contains(t, told.Problem, "connection acme-books posts nothing")
	require.Contains(t, told.Problem, "signed_out")
	require.Contains(t, told.Fix, "tradepost resume acme-books")

	_, err = store.Set(t.Context(), "acme-books", &tradepostv1.Pause{
		By: pause.Deliver, Reason: "signed_out", Until: timestamppb.New(now.Add(2 * time.Hour)), Probed: true, Message: "the user left.", Fix: "Sign in again: tradepost connect x acme-books",
	}, now)
	require.NoError(t, err)
	told = only(t, w.run(), "nats", "pauses")
	require.Contains(t, told.Problem, "signed_out: the user left.")
	require.Equal(t, "Sign in again: tradepost connect x acme-books", told.Fix, "what mends the reason, not what lifts the pause")

	_, err = store.Set(t.Context(), "acme-books", &tradepostv1.Pause{By: pause.Operator, Reason: "month end"}, now)
	require.NoError(t, err)
	require.Contains(t, only(t, w.run(), "nats", "pauses").Problem, "paused by a person")
	require.Contains(t, only(t, w.run(), "nats", "pauses").Problem, "month end")

	_, err = store.Lift(t.Context(), "acme-books")
	require.NoError(t, err)
	_, err = js.PauseConsumer(t.Context(), c.Stream, c.Durable, now.Add(time.Hour))
	require.NoError(t, err)
	require.Contains(t, only(t, w.run(), "nats", "pauses").Problem, "with the nats program")
}

func TestWhatWaitsForLongIsTold(t *testing.T) {
	w, js := queued(t)
	now := time.Now()
	w.options.Now = func() time.Time { return now }
	since := func(ago time.Duration) string {
		return fmt.Sprintf(`"waiting":{"reason":"unreachable","since":%q}`, now.Add(-ago).UTC().Format(time.RFC3339))
	}
	keep(t, js, "acme", 1, `"state":"RECORD_STATE_PARKED",`+since(30*time.Minute))
	require.Empty(t, of(w.run(), "nats", "waiting long"))
	keep(t, js, "acme", 1, `"state":"RECORD_STATE_PARKED",`+since(3*time.Hour))
	keep(t, js, "acme", 2, `"state":"RECORD_STATE_HANDED","handedToken":"file-7"`)
	keep(t, js, "acme", 3, `"state":"RECORD_STATE_HELD","heldReason":"x",`+since(3*time.Hour))
	told := only(t, w.run(), "nats", "waiting long")
	require.Contains(t, told.Problem, "1 invoice is waiting for long: 1 of acme-books, send 2 (unreachable for 3h0m0s)")
	w.options.Now = func() time.Time { return now.Add(25 * time.Hour) }
	require.Contains(t, only(t, w.run(), "nats", "waiting long").Problem, "2 of acme-books, send 2 (handed over as file-7)")
}
