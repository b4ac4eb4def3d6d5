// Package bustest gives tests a real NATS server: embedded, with JetStream on
// files that are synced on every write, as in production.
package bustest

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
)

const startTimeout = 20 * time.Second

// Broker is a NATS server of a test. It ends with the test.
type Broker struct {
	dir  string
	bare server.Options

	mu     sync.Mutex
	inner  *server.Server
	opened []*nats.Conn
}

// Option changes the options of the server before it starts.
type Option func(*server.Options)

// Server starts an embedded server on a free port of the loopback interface, its
// files in a folder of the test.
func Server(t testing.TB, opts ...Option) *Broker {
	t.Helper()
	s := &Broker{dir: t.TempDir(), bare: server.Options{
		Host: ownHost(), Port: server.RANDOM_PORT, JetStream: true, SyncAlways: true,
		NoLog: true, NoSigs: true,
	}}
	s.bare.StoreDir = s.dir
	for _, opt := range opts {
		opt(&s.bare)
	}
	s.start(t)
	t.Cleanup(s.close)
	return s
}

func (s *Broker) start(t testing.TB) {
	t.Helper()
	o := s.bare
	inner, err := server.NewServer(&o)
	require.NoError(t, err, "make the NATS server")
	inner.Start()
	require.True(t, inner.ReadyForConnections(startTimeout), "the NATS server did not start")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inner = inner
	if addr, ok := inner.Addr().(*net.TCPAddr); ok {
		s.bare.Port = addr.Port
	}
}

func (s *Broker) close() {
	s.mu.Lock()
	opened := s.opened
	s.mu.Unlock()
	for _, nc := range opened {
		nc.Close()
	}
	s.Stop()
}

// Stop stops the server; its files stay, and connections try to reconnect.
func (s *Broker) Stop() {
	inner := s.current()
	inner.Shutdown()
	inner.WaitForShutdown()
}

// StartAgain starts the server after Stop, on the same port and files.
func (s *Broker) StartAgain(t testing.TB) {
	t.Helper()
	s.start(t)
}

// Restart stops the server and starts it again on the same port and files.
// Connections reconnect by themselves.
func (s *Broker) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	s.start(t)
}

// URL is where clients connect to; it stays the same over restarts.
func (s *Broker) URL() string { return s.current().ClientURL() }

// InProcessConn makes the server a nats.InProcessConnProvider that goes on working
// after a restart.
func (s *Broker) InProcessConn() (net.Conn, error) {
	inner := s.current()
	if inner == nil {
		return nil, errors.New("the NATS server is not running")
	}
	return inner.InProcessConn()
}

// Conn returns a new connection that is closed with the test. It reconnects fast.
func (s *Broker) Conn(t testing.TB, opts ...nats.Option) *nats.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	fast := []nats.Option{nats.ReconnectWait(20 * time.Millisecond), nats.ReconnectJitter(0, 0)}
	o := bus.ConnectOptions{URL: s.URL(), Name: "test", Extra: append(fast, opts...)}
	if s.bare.DontListen {
		o.InProcess = s
	}
	nc, err := bus.Connect(ctx, o)
	require.NoError(t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = append(s.opened, nc)
	return nc
}

// BareJS returns JetStream on a new connection to a server that may have no streams.
func (s *Broker) BareJS(t testing.TB) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.Conn(t))
	require.NoError(t, err)
	return js
}

// JS returns JetStream on a new connection, with all streams and buckets applied as for
// a first installation.
func (s *Broker) JS(t testing.TB) jetstream.JetStream {
	t.Helper()
	js := s.BareJS(t)
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	_, err := bus.Apply(ctx, js, bus.ApplyOptions{FirstInstall: true})
	require.NoError(t, err)
	return js
}

// Ageless takes the limit of age away from all streams, for tests in FakeTime that
// update a stream or restart the server.
func (s *Broker) Ageless(t testing.TB, js jetstream.JetStream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for _, c := range bus.Streams(1) {
		c.MaxAge = 0
		_, err := js.UpdateStream(ctx, c)
		require.NoError(t, err)
	}
}

func (s *Broker) current() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner
}
