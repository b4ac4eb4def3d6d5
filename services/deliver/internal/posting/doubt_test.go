package posting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
)

func refusal() connector.Rejected {
	return connector.Rejected{Faults: []*tradepostv1.Fault{
		fault.New("accounting.refused", fault.Args{Params: map[string]string{"system": "Books"}}),
	}}
}

// A document may be there, and the accounting system does not let anybody look.
// Whatever it says instead, the send waits with its doubt; it is not concluded. That the
// document was handed over is no such answer: see handed_test.go.
func TestWhileNobodyCanLookTheDoubtStays(t *testing.T) {
	for name, answer := range map[string]error{
		"away":      errors.New("connection refused"),
		"closed":    connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: 6 * time.Hour, Reason: "closed"}),
		"throttled": connector.Stop(connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: 3 * time.Second, Reason: "throttled"}),
		"refusing":  connector.Stop(refusal()),
		"uncertain": connector.Stop(connector.Uncertain{Reason: "timeout"}),
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				m := w.open()
				w.books.after = kill
				w.killed(m)
				w.books.after = nil
				away := true
				w.books.onFind = func() error {
					if away {
						return answer
					}
					return nil
				}
				for range 3 {
					time.Sleep(time.Minute) // fake time; the claim is over
					err := w.poster("heir").Handle(t.Context(), m)
					_, waits := bus.RetryDelay(err)
					scheduled := err == nil && w.record().GetWaiting().GetUntil().AsTime().After(time.Now())
					require.True(t, waits || scheduled, "it comes again")
					require.Equal(t, record.Claimed, w.record().GetState())
					require.NotNil(t, w.record().GetUnresolved())
					require.NotEmpty(t, w.record().GetWaiting().GetReason(), "people see what it waits for")
				}
				away = false
				w.deliver(w.poster("heir"), m)
				require.Equal(t, 1, w.books.count())
				require.True(t, w.outcome().GetOutcome().GetPosted().GetDocuments()[0].GetAdopted())
			})
		})
	}
}

// The same answers before any attempt leave no doubt.
func TestARefusalBeforeAnyAttemptIsARejection(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.onFind = func() error { return connector.Stop(refusal()) }
		w.deliver(w.poster("a"), w.open())
		require.Equal(t, []string{"accounting.refused"}, w.faults())
		require.Nil(t, w.record().GetUnresolved())
	})
}

// Attempts in doubt are made again more and more slowly.
func TestUncertainAnswersSlowDown(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		tries := 0
		w.books.before = func(context.Context, connector.Posting) connector.Answer {
			tries++
			return connector.Uncertain{Reason: "disk_error"}
		}
		m := w.open()
		end := time.Now().Add(10 * time.Minute)
		for m.Delivered = 1; time.Now().Before(end); m.Delivered++ {
			began := time.Now()
			m = w.waitOut(w.poster("a"), m)
			require.GreaterOrEqual(t, time.Since(began), settling, "nobody looks before a write could be seen")
		}
		require.Less(t, tries, 30)
		require.Greater(t, tries, 3)
		require.NotNil(t, w.record().GetUnresolved())
	})
}

// A document on which an attempt dies again and again stops being tried: an
// operator has to look, and the doubt stays.
func TestACrashLoopIsHeld(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.books.onFind = func() error { panic("kill -9") }
		for range 25 {
			w.killed(m)
			time.Sleep(time.Minute) // fake time; the claim is over
		}
		w.books.onFind = nil // it would go well now
		code, poison := bus.PoisonCode(w.poster("heir").Handle(t.Context(), m))
		require.True(t, poison)
		require.Equal(t, "attempts.exhausted", code)
		require.Equal(t, record.Held, w.record().GetState())
		require.NotEmpty(t, w.record().GetHeldReason())
		require.NotNil(t, w.record().GetUnresolved())
		require.NoError(t, w.poster("heir").Handle(t.Context(), m), "no message takes it up by itself")
		require.Equal(t, record.Held, w.record().GetState())
	})
}

// Waiting is no crash, however often it happens.
func TestWaitingIsNoCrashLoop(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.onFind = func() error { return errors.New("connection refused") }
		m := w.open()
		for range 60 {
			m = w.waitOut(w.poster("a"), m)
		}
		w.books.onFind = nil
		w.deliver(w.poster("a"), m)
		require.Equal(t, 1, w.books.count())
	})
}
