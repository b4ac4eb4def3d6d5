package grant

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/keyring"
)

const conn = "acme-qbo"

// clock is the time of a test's world: it goes on only when somebody moves it.
type clock struct {
	mu  sync.Mutex
	at  time.Time
	rev map[uint64]time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// sleep passes at once; who waits for another process's claim sees time fly.
func (c *clock) sleep(ctx context.Context, d time.Duration) bool {
	c.pass(max(d, 5*time.Second))
	return ctx.Err() == nil
}

// timed is the bucket with the world's clock instead of the server's, and writes that
// fail: before anything is written, or with their answer lost.
type timed struct {
	vault
	clock *clock
	fail  func() (before, after bool)
}

var errNATS = errors.New("nats: timeout")

func (v *timed) load(ctx context.Context, connection string) (held, error) {
	h, err := v.vault.load(ctx, connection)
	v.clock.mu.Lock()
	defer v.clock.mu.Unlock()
	if at, known := v.clock.rev[h.revision]; known {
		h.at = at
	}
	return h, err
}

func (v *timed) swap(ctx context.Context, connection string, old held, next Entry) (held, error) {
	before, after := false, false
	if v.fail != nil {
		before, after = v.fail()
	}
	if before {
		return held{}, errNATS
	}
	h, err := v.vault.swap(ctx, connection, old, next)
	if err == nil {
		v.clock.mu.Lock()
		v.clock.rev[h.revision] = v.clock.at
		v.clock.mu.Unlock()
	}
	if err == nil && after {
		return held{}, errNATS
	}
	return h, err
}

func (v *timed) now(context.Context) (time.Time, error) { return v.clock.now(), nil }

// world is a vendor, a NATS server, and a clock.
type world struct {
	t      testing.TB
	js     jetstream.JetStream
	ring   *keyring.Ring
	vendor *vendor
	clock  *clock
	fail   func() (before, after bool)
}

// newWorld starts a server that does not sync each write: what is tried here is the
// death of our processes, not of the server.
func newWorld(t testing.TB, r rotation) *world {
	t.Helper()
	ring, err := keyring.Parse(keyring.NewKey())
	require.NoError(t, err)
	c := &clock{at: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), rev: map[uint64]time.Time{}}
	b := bustest.Server(t, func(o *server.Options) { o.SyncAlways = false })
	return &world{t: t, js: b.JS(t), ring: ring, vendor: newVendor(t, r, c.now), clock: c}
}

// process is a new process: it knows nothing but what the bucket holds.
func (w *world) process(crash func(string)) *Holder {
	w.t.Helper()
	k, err := Open(w.t.Context(), Options{JS: w.js, Ring: w.ring, Log: slog.New(slog.DiscardHandler), Now: w.clock.now, Crash: crash})
	require.NoError(w.t, err)
	k.vault = &timed{vault: k.vault, clock: w.clock, fail: w.fail}
	k.sleep = w.clock.sleep
	return k.Tokens(conn, w.vendor.app())
}

// signIn is a person who signs in.
func (w *world) signIn() {
	w.t.Helper()
	h := w.process(nil)
	require.NoError(w.t, h.keeper.signIn(w.t.Context(), h, w.vendor.code(), "9130", false))
}

// works tells why a new process gets no token that the vendor accepts. What is over by
// itself is waited for.
func (w *world) works() error {
	h := w.process(nil)
	for range 10 {
		token, err := h.Token(w.t.Context())
		if fault, is := errors.AsType[*Error](err); is && !fault.SignedOut() {
			w.clock.pass(fault.RetryIn + time.Second)
			continue
		}
		if err != nil {
			return err
		}
		if !w.vendor.accepts(token) {
			return errors.New("the vendor does not accept " + token)
		}
		return nil
	}
	return errors.New("no token after ten tries")
}
