package ingest

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
)

// logged collects what was logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func pollConfig() *connection.Config {
	c := &connection.Config{Accounts: map[string]*connection.Account{}, Connections: map[string]*connection.Connection{}}
	for account, enabled := range map[string]bool{"acme": true, "brown": true, "asleep": false} {
		c.Accounts[account] = &connection.Account{ID: account, ServiceTrade: connection.ServiceTrade{PollInterval: time.Minute}}
		c.Connections[account+"-books"] = &connection.Connection{
			ID: account + "-books", AccountID: account, Enabled: enabled, Account: c.Accounts[account],
		}
	}
	return c
}

// polled tells whether the schedule of an account's polls is in its stream.
func polled(t *testing.T, js jetstream.JetStream, account string) bool {
	t.Helper()
	st, err := js.Stream(t.Context(), bus.StreamPolls)
	require.NoError(t, err)
	_, err = st.GetLastMsgForSubject(t.Context(), bus.PollSchedule(account))
	if err != nil {
		require.ErrorIs(t, err, jetstream.ErrMsgNotFound)
	}
	return err == nil
}

// A stream that was lost and made anew has no schedules. They come back by
// themselves; else ServiceTrade would never be asked again.
func TestPollSchedulesComeBackAfterTheirStreamWasLost(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		js := b.JS(t)
		log := &logged{}
		l := slog.New(slog.NewTextHandler(log, nil))
		config := pollConfig()
		s := &Service{deps: runtime.Deps{Config: config, JS: js, Log: l}, live: connection.NewLive(config, connection.LiveOptions{}), bus: bus.NewPublisher(js, l), clients: &stage.ClientSet{}}
		for _, id := range config.EnabledAccounts() {
			s.accounts.Put(id, s.newAccount(config.Accounts[id], nil, config.ConnectionsOf(id), bus.PollOf{}))
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.keepPolling(ctx) }()
		time.Sleep(time.Minute) // fake time
		require.True(t, polled(t, js, "acme"))

		require.NoError(t, js.DeleteStream(t.Context(), bus.StreamPolls))
		time.Sleep(2 * time.Minute) // fake time
		require.Contains(t, log.String(), "ServiceTrade is not polled", "that nothing is polled is told")
		_, err := bus.Apply(t.Context(), js, bus.ApplyOptions{})
		require.NoError(t, err)
		require.False(t, polled(t, js, "acme"))

		time.Sleep(time.Minute) // fake time
		require.True(t, polled(t, js, "acme"))
		require.True(t, polled(t, js, "brown"))
		require.False(t, polled(t, js, "asleep"), "a connection that is not enabled")
		cancel()
		require.NoError(t, <-done)
	})
}

// An account that is removed while NATS does not answer keeps no schedule, and none is
// made for it by whoever looks after the schedules meanwhile.
func TestARemovedAccountKeepsNoSchedule(t *testing.T) {
	bustest.FakeTime(t, func(t *testing.T, b *bustest.Broker) {
		js := b.JS(t)
		config := pollConfig()
		s := &Service{
			deps: runtime.Deps{Config: config, JS: js, Log: slog.New(slog.DiscardHandler)}, live: connection.NewLive(config, connection.LiveOptions{}),
			bus: bus.NewPublisher(js, slog.New(slog.DiscardHandler)),
		}
		acme := s.newAccount(config.Accounts["acme"], nil, config.ConnectionsOf("acme"), bus.PollOf{})
		brown := s.newAccount(config.Accounts["brown"], nil, config.ConnectionsOf("brown"), bus.PollOf{})
		s.accounts.Put("acme", acme)
		require.NoError(t, s.keepSchedule(t.Context(), acme))
		require.NoError(t, s.keepSchedule(t.Context(), brown), "it is not served any more")
		require.NoError(t, s.bus.SchedulePoll(t.Context(), "gone", time.Hour, bus.PollOf{}))
		require.True(t, polled(t, js, "gone"))
		require.False(t, polled(t, js, "brown"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.keepPolling(ctx) }()
		time.Sleep(time.Minute) // fake time
		require.False(t, polled(t, js, "gone"))
		require.True(t, polled(t, js, "acme"))
		cancel()
		require.NoError(t, <-done)
	})
}
