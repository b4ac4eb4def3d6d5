package stage_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/stage"
)

const invoiceID = 1001

type desk struct {
	*stage.Gate
	js jetstream.JetStream
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	js := bustest.Server(t).JS(t)
	store, err := record.Open(t.Context(), js)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	return &desk{js: js, Gate: &stage.Gate{
		Store: store, Bus: bus.NewPublisher(js, log), Log: log,
		Account: func(c string) (string, bool) { return "acme", c == "acme-books" || c == "acme-other" },
	}}
}

func (d *desk) steps(t *testing.T, steps ...record.Transition) record.Entry {
	t.Helper()
	key := record.Key{Account: "acme", InvoiceID: invoiceID}
	e, err := d.Store.Get(t.Context(), key)
	require.NoError(t, err)
	for _, s := range steps {
		e, err = d.Store.Change(t.Context(), e, s)
		require.NoError(t, err)
	}
	e, err = d.Store.Get(t.Context(), key)
	require.NoError(t, err)
	return e
}

func opens() record.Transition {
	return record.OpenSend(record.Opens{
		Key: record.Key{Account: "acme", InvoiceID: invoiceID}, Connection: "acme-books", SnapshotHash: "h", StartStatus: "pending_accounting",
	})
}

func failed() []record.Transition {
	return []record.Transition{
		opens(), record.Reject(&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED}),
		record.Settle(record.Claiming{Owner: "t"}), record.Close("t", tradepostv1.Settlement_SETTLEMENT_FAILED, time.Now()),
	}
}

func message(s bus.Stage, connection string, published time.Time) bus.Message {
	return bus.Message{
		Subject: bus.Subject{Stage: s, Connection: connection, InvoiceID: invoiceID},
		Stream:  "S", Sequence: 9, Published: published, Delivered: 1,
	}
}

func (d *desk) commands(t *testing.T) uint64 {
	t.Helper()
	s, err := d.js.Stream(t.Context(), bus.StreamCommand)
	require.NoError(t, err)
	info, err := s.Info(t.Context())
	require.NoError(t, err)
	return info.State.Msgs
}

func TestAdmitLetsOnlyTheOpenSendThrough(t *testing.T) {
	d := newDesk(t)
	d.steps(t, opens())
	for name, c := range map[string]struct {
		m     bus.Message
		send  int64
		hash  string
		admit bool
		waits bool
	}{
		"the open send":              {message(bus.StageReady, "acme-books", time.Now()), 1, "h", true, false},
		"an older snapshot":          {message(bus.StageReady, "acme-books", time.Now()), 1, "x", false, false},
		"another connection":         {message(bus.StageReady, "acme-other", time.Now()), 1, "h", false, false},
		"a connection without entry": {message(bus.StageReady, "gone", time.Now()), 1, "h", false, false},
		"a send to come":             {message(bus.StageReady, "acme-books", time.Now()), 2, "h", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, admitted, err := d.Admit(t.Context(), c.m, c.send, c.hash)
			require.Equal(t, c.admit, admitted)
			_, waits := bus.RetryDelay(err)
			require.Equal(t, c.waits, waits, "%v", err)
		})
	}
	late := message(bus.StageReady, "acme-books", time.Now())
	late.Delivered = 99
	_, admitted, err := d.Admit(t.Context(), late, 2, "h")
	require.NoError(t, err, "a send that never comes is dropped in the end")
	require.False(t, admitted)
}

func TestAReplayOfWorkAsksForARetryOnce(t *testing.T) {
	d := newDesk(t)
	e := d.steps(t, failed()...)
	after := e.At.Add(time.Second)
	for range 2 {
		_, admitted, err := d.Admit(t.Context(), message(bus.StageReady, "acme-books", after), 1, "h")
		require.NoError(t, err)
		require.False(t, admitted)
	}
	require.Equal(t, uint64(1), d.commands(t), "a redelivery of the replay is the same command")
	_, _, err := d.Admit(t.Context(), message(bus.StageOutcome, "acme-books", after), 1, "h")
	require.NoError(t, err)
	_, _, err = d.Admit(t.Context(), message(bus.StageReady, "acme-books", e.At.Add(-time.Second)), 1, "h")
	require.NoError(t, err)
	require.Equal(t, uint64(1), d.commands(t), "an answer, or an old message, asks for nothing")
}

func TestDeadLettersHoldWhatHasNoAttemptYet(t *testing.T) {
	claim := record.Claim(record.Claiming{Owner: "t"}, nil)
	for name, c := range map[string]struct {
		steps []record.Transition
		want  tradepostv1.RecordState
	}{
		"no record": {nil, 0},
		"open":      {[]record.Transition{opens(), record.MarkOpened()}, record.Held},
		"claimed":   {[]record.Transition{opens(), claim}, record.Claimed},
		"failed":    {failed(), record.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.steps(t, c.steps...)
			require.NoError(t, d.HoldDead(t.Context(), message(bus.StageReceived, "acme-books", time.Now()), "unreadable"))
			e := d.steps(t)
			require.Equal(t, c.want, e.State())
		})
	}
	d := newDesk(t)
	require.NoError(t, d.HoldDead(context.Background(), bus.Message{}, "no subject"))
	require.NoError(t, d.HoldDead(context.Background(), message(bus.StageReady, "gone", time.Now()), "unknown connection"))
}
