package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

// What reached nobody is told from what may have been taken: only the first makes no doubt.
func TestAskTellsWhetherAnybodyWasAsked(t *testing.T) {
	broker := bustest.Server(t)
	nc, err := nats.Connect(broker.URL(), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	ask := bus.Asker{NC: nc}

	_, err = ask.Ask(t.Context(), "connector.call.nobody.x", []byte("{}"))
	require.ErrorIs(t, err, connector.ErrNoProgram)
	require.ErrorIs(t, err, connector.ErrNotAsked)
	_, err = ask.Ask(t.Context(), "connector.call.nobody.x", make([]byte, nc.MaxPayload()+1))
	require.ErrorIs(t, err, connector.ErrNotAsked)
	require.ErrorContains(t, err, "the NATS server takes 1048576")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ask.Ask(over, "connector.call.nobody.x", nil)
	require.ErrorIs(t, err, connector.ErrNotAsked)
	require.ErrorIs(t, err, context.Canceled)

	asked := make(chan *nats.Msg, 1)
	_, err = nc.Subscribe("connector.call.silent.x", func(m *nats.Msg) { asked <- m })
	require.NoError(t, err)
	waiting, giveUp := context.WithCancel(t.Context())
	go func() { <-asked; giveUp() }()
	_, err = ask.Ask(waiting, "connector.call.silent.x", nil)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, connector.ErrNotAsked, "a program that got the request may be working on it")

	_, err = nc.Subscribe("connector.call.echo.x", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	require.NoError(t, err)
	answer, err := ask.Ask(t.Context(), "connector.call.echo.x", []byte("hello"))
	require.NoError(t, err)
	require.Equal(t, "hello", string(answer))

	broker.Stop()
	require.Eventually(t, func() bool { return !nc.IsConnected() }, time.Minute, 5*time.Millisecond)
	_, err = ask.Ask(t.Context(), "connector.call.echo.x", nil)
	require.ErrorIs(t, err, connector.ErrNotAsked, "a request is not kept for later")
}

// Programs that share a queue group give one answer, and others one each.
func TestAskAllCountsWhoAnswers(t *testing.T) {
	broker := bustest.Server(t)
	nc, err := nats.Connect(broker.URL(), nats.CustomInboxPrefix("_INBOX_deliver"))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	ask := bus.Asker{NC: nc}
	listen := func(group string) {
		_, err := nc.QueueSubscribe("connector.describe.books", group, func(m *nats.Msg) { _ = m.Respond([]byte(group)) })
		require.NoError(t, err)
	}
	_, err = ask.AskAll(t.Context(), "connector.describe.books", nil, time.Millisecond)
	require.ErrorIs(t, err, connector.ErrNoProgram)
	listen("books")
	listen("books")
	one, err := ask.AskAll(t.Context(), "connector.describe.books", nil, time.Millisecond)
	require.NoError(t, err)
	require.Len(t, one, 1)
	listen("others")
	both, err := ask.AskAll(t.Context(), "connector.describe.books", nil, 2*time.Second)
	require.NoError(t, err)
	require.ElementsMatch(t, [][]byte{[]byte("books"), []byte("others")}, both)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ask.AskAll(over, "connector.describe.books", nil, time.Millisecond)
	require.ErrorIs(t, err, connector.ErrNotAsked)
}
