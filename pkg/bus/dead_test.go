package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

type burial struct {
	m      bus.Message
	reason string
}

func undertaker(into chan<- burial) func(*bus.RouterOptions) {
	return func(o *bus.RouterOptions) {
		o.OnDead = func(_ context.Context, m bus.Message, reason string) error {
			into <- burial{m, reason}
			return nil
		}
	}
}

func decoding(_ context.Context, m bus.Message) error {
	return bus.Decode(m, new(tradepostv1.InvoiceCommand))
}

func TestPoisonBecomesDeadLetter(t *testing.T) {
	js := bustest.Server(t).JS(t)
	dead := make(chan burial, 10)
	registry := prometheus.NewRegistry()
	r := newRouter(t, js, undertaker(dead), func(o *bus.RouterOptions) { o.Registerer = registry })
	body := []byte("{\"followsSend\": \x00 rubbish\n")
	put(t, js, ready(1).String(), body, nats.Header{"who": {"ann", "bob"}, "Nats-Msg-Id": {"x"}})
	put(t, js, ready(2).String(), good(t), nil)
	require.NoError(t, r.Handle(readyConsumer(1), decoding))
	run(t, r)

	b := bustest.Receive(t, dead)
	require.Equal(t, ready(1), b.m.Subject)
	require.Contains(t, b.reason, "message.unreadable: message 1 of INVOICE_READY")
	settled(t, js, readyConsumer(1))

	letter := last(t, js, ready(1).To(bus.StageDead))
	require.Equal(t, body, letter.Data, "byte for byte")
	for key, want := range map[string]string{
		bus.HeaderCause: bus.CodeUnreadable, bus.HeaderOriginStream: bus.StreamReady, bus.HeaderOriginSequence: "1",
		bus.HeaderOriginSubject: ready(1).String(), bus.HeaderOriginDurable: "deliver-acme-books",
		"Nats-Msg-Id": "INVOICE_READY/deliver-acme-books/1", "who": "ann",
	} {
		require.Equal(t, want, letter.Header.Get(key), key)
	}
	require.Equal(t, b.reason, letter.Header.Get(bus.HeaderError))
	require.Empty(t, letter.Header.Get(bus.HeaderBodyOmitted))
	require.Empty(t, dead, "one call for one message")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP tradepost_dead_letters_total Messages given up, by cause.
# TYPE tradepost_dead_letters_total counter
tradepost_dead_letters_total{cause="message.unreadable",connection="acme-books",service="test",stage="ready"} 1
# HELP tradepost_messages_handled_total Deliveries handled, by result: ok, wait (has to wait), retry (failed, tried again), panic, dead (dead letter), handed_back (stopping).
# TYPE tradepost_messages_handled_total counter
tradepost_messages_handled_total{connection="acme-books",result="dead",service="test",stage="ready"} 1
tradepost_messages_handled_total{connection="acme-books",result="ok",service="test",stage="ready"} 1
`), "tradepost_dead_letters_total", "tradepost_messages_handled_total"))
}

func TestUnreadableSubject(t *testing.T) {
	js := bustest.Server(t).JS(t)
	dead := make(chan burial, 10)
	r := newRouter(t, js, undertaker(dead))
	put(t, js, "invoice.ready.acme-books.not-a-number", good(t), nil)
	require.NoError(t, r.Handle(readyConsumer(1), func(context.Context, bus.Message) error {
		panic("the handler must not see it")
	}))
	run(t, r)
	b := bustest.Receive(t, dead)
	require.True(t, b.m.Subject.IsZero())
	require.Equal(t, "invoice.ready.acme-books.not-a-number", b.m.Raw)
	settled(t, js, readyConsumer(1))
	letter := last(t, js, bus.DeadUnknown)
	require.Equal(t, good(t), letter.Data)
	require.Equal(t, bus.CodeSubject, letter.Header.Get(bus.HeaderCause))
	require.Equal(t, b.m.Raw, letter.Header.Get(bus.HeaderOriginSubject))
}

func TestDeadLetterTooLargeForItsBody(t *testing.T) {
	js := bustest.Server(t).JS(t)
	put(t, js, ready(1).String(), bytes.Repeat([]byte("x"), 1<<20-100), nil)
	r := newRouter(t, js)
	require.NoError(t, r.Handle(readyConsumer(1), decoding))
	run(t, r)
	settled(t, js, readyConsumer(1))
	letter := last(t, js, ready(1).To(bus.StageDead))
	require.Empty(t, letter.Data)
	require.Equal(t, "1048476", letter.Header.Get(bus.HeaderBodyOmitted))
	require.Equal(t, "1", letter.Header.Get(bus.HeaderOriginSequence))
}

func TestErrorTextIsSafeForAHeader(t *testing.T) {
	js := bustest.Server(t).JS(t)
	put(t, js, ready(1).String(), good(t), nil)
	r := newRouter(t, js)
	text := "first line\r\nTradepost-Cause: forged\nü" + strings.Repeat("é", 3000)
	require.NoError(t, r.Handle(readyConsumer(1), func(context.Context, bus.Message) error { return bus.Poison("x.y", errors.New(text)) }))
	run(t, r)
	settled(t, js, readyConsumer(1))
	letter := last(t, js, ready(1).To(bus.StageDead))
	require.Equal(t, []string{"x.y"}, letter.Header[bus.HeaderCause])
	require.True(t, strings.HasPrefix(letter.Header.Get(bus.HeaderError), "x.y: first line  Tradepost-Cause: forged ü"))
	require.Less(t, len(letter.Header.Get(bus.HeaderError)), 2100)
}

// A stream of dead letters that is away, and an OnDead that fails or panics, cost
// time but never the message.
func TestBurialIsTriedAgain(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		require.NoError(t, js.DeleteStream(context.Background(), bus.StreamDead))
		put(t, js, ready(1).String(), []byte("rubbish"), nil)
		var calls atomic.Int32
		r := newRouter(t, js, func(o *bus.RouterOptions) {
			o.OnDead = func(context.Context, bus.Message, string) error {
				switch calls.Add(1) {
				case 1:
					return errors.New("the record is away")
				case 2:
					panic("worse")
				}
				return nil
			}
		})
		require.NoError(t, r.Handle(readyConsumer(1), decoding))
		stop := run(t, r)
		<-time.After(5 * time.Minute)
		require.Zero(t, calls.Load(), "first the dead letter, then OnDead")
		pending(t, js, readyConsumer(1), 1)
		_, err := bus.Apply(context.Background(), js, bus.ApplyOptions{})
		require.NoError(t, err)
		<-time.After(5 * time.Minute)
		settled(t, js, readyConsumer(1))
		require.EqualValues(t, 3, calls.Load())
		require.EqualValues(t, 1, count(t, js, bus.StreamDead), "one dead letter")
		require.NoError(t, stop())
	})
}

func pending(t testing.TB, js jetstream.JetStream, c bus.Consumer, want int) {
	t.Helper()
	consumer, err := js.Consumer(context.Background(), c.Stream, c.Durable)
	require.NoError(t, err)
	info := consumer.CachedInfo()
	require.Equal(t, want, int(info.NumPending)+info.NumAckPending)
}

// Twenty panics end a message; hundreds of waits and failures do not.
func TestCrashLoop(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		dead := make(chan burial, 10)
		var panics atomic.Int32
		put(t, js, ready(1).String(), good(t), nil)
		put(t, js, ready(2).String(), good(t), nil)
		r := newRouter(t, js, undertaker(dead))
		require.NoError(t, r.Handle(readyConsumer(2), func(_ context.Context, m bus.Message) error {
			switch {
			case m.Subject.InvoiceID == 1 && m.Delivered <= 100:
				return bus.RetryAfter(time.Second, errors.New("signed out"))
			case m.Subject.InvoiceID == 1:
				panics.Add(1)
				panic(fmt.Sprintf("crash on delivery %d", m.Delivered))
			case m.Delivered <= 30:
				return errors.New("just failing")
			}
			return nil
		}))
		stop := run(t, r)
		b := <-dead
		require.Equal(t, ready(1), b.m.Subject)
		require.Equal(t, 120, b.m.Delivered)
		require.EqualValues(t, 20, panics.Load(), "the waits before did not count")
		require.Contains(t, b.reason, "message.crash_loop: the handler panicked 20 times: crash on delivery 120")
		<-time.After(3 * time.Hour)
		settled(t, js, readyConsumer(2))
		require.Empty(t, dead)
		require.NoError(t, stop())
	})
}
