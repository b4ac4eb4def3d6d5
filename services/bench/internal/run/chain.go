package run

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/services/bench/internal/bare"
)

// chain is the bare side, seen from here.
type chain struct {
	*process
	nc *nats.Conn
	js jetstream.JetStream

	mu      sync.Mutex
	known   map[int64]time.Time
	done    map[int64]time.Time
	changed chan struct{}
}

func startChain(ctx context.Context, o Options, dir, bodies, url string, writes int, nc *nats.Conn, js jetstream.JetStream) (*chain, error) {
	c := &chain{nc: nc, js: js, known: map[int64]time.Time{}, done: map[int64]time.Time{}, changed: make(chan struct{})}
	if _, err := nc.Subscribe(bare.SubjectDone, c.finished); err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", bare.SubjectDone, err)
	}
	var err error
	c.process, err = startProcess(ctx, filepath.Join(dir, "bare.log"), nil, o.Self, "bare", "--nats", url, "--bodies", bodies,
		"--writes", strconv.Itoa(writes), "--account", account, "--connection", connection, "--workers", strconv.Itoa(parallel))
	return c, err
}

func (c *chain) finished(m *nats.Msg) {
	id, err := strconv.ParseInt(string(m.Data), 10, 64)
	if err != nil {
		return // nobody but the chain speaks on this subject
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[id] = time.Now()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *chain) send(ctx context.Context, first int64, count int) ([]int64, error) {
	ids := make([]int64, count)
	for i := range ids {
		ids[i] = first + int64(i)
	}
	body, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	now := time.Now()
	for _, id := range ids {
		c.known[id] = now
	}
	c.mu.Unlock()
	if _, err := c.nc.RequestWithContext(ctx, bare.SubjectSend, body); err != nil {
		return nil, fmt.Errorf("hand %d invoices to the bare chain: %w: %s", count, err, c.tail())
	}
	return ids, nil
}

func (c *chain) await(ctx context.Context, ids []int64) error {
	for {
		c.mu.Lock()
		left, changed := 0, c.changed
		for _, id := range ids {
			if c.done[id].IsZero() {
				left++
			}
		}
		c.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-c.process.done:
			return fmt.Errorf("the bare chain ended with %d of %d invoices left: %s", left, len(ids), c.tail())
		case <-ctx.Done():
			return fmt.Errorf("%d of %d invoices did not come through the bare chain: %w: %s", left, len(ids), ctx.Err(), c.tail())
		case <-changed:
		}
	}
}

func (c *chain) times(id int64) (known, settled time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[id], c.done[id]
}

func (c *chain) streams() jetstream.JetStream { return c.js }
