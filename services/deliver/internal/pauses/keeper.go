// Package pauses is deliver's side of a paused connection: it pauses one whose
// accounting system is away as a whole, probes it, and lets it go on. Every replica
// sees all pauses, whoever made them, and puts them onto the consumers.
package pauses

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
)

const (
	// lookEvery is how often it is looked whether a probe is due.
	lookEvery = 5 * time.Second
	// A probe is due when as much as an eighth of the time has passed since the last
	// one that the pause has lasted, within these bounds.
	firstProbe, lastProbe = 15 * time.Second, 2 * time.Minute
	// probed is for how long a pause lasts that probes may end or make longer. When no
	// replica is there to probe, the connection tries by itself after that time.
	probedFor = 10 * time.Minute
	// probeTime bounds one probe.
	probeTime = time.Minute
)

// Keeper knows the pauses of all connections.
type Keeper struct {
	Store   *pause.Store
	Records *record.Store
	// Owner is unique to this process.
	Owner   string
	Metrics *Metrics
	Log     *slog.Logger

	mu   sync.Mutex
	seen map[string]*tradepostv1.Pause
	kept map[string]*Connection
}

// Connection is one connection's pause, as the posting protocol sees it.
type Connection struct {
	keeper *Keeper
	id     string
	// probe is nil when the connection could post now.
	probe func(ctx context.Context) error

	mu      sync.Mutex
	probing bool
	last    time.Time
}

// For returns the pause of a connection that this process posts for. probe asks the
// accounting system whether the connection could post now, without changing anything.
func (k *Keeper) For(connection string, probe func(ctx context.Context) error) *Connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[string]*Connection{}
	}
	c := &Connection{keeper: k, id: connection, probe: probe}
	k.kept[connection] = c
	return c
}

// Forget ends the probes of a connection that this process does not post for any more.
func (k *Keeper) Forget(connection string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.kept, connection)
}

// Run watches and probes until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	watch := k.Store.NewWatch(func(c string, p *tradepostv1.Pause, err error) { k.see(ctx, c, p, err) })
	g.Go(func() error {
		_, _ = backoff.Retry(ctx, func() (struct{}, error) {
			err := watch.Follow(ctx)
			if err != nil && ctx.Err() == nil {
				k.Log.ErrorContext(ctx, "the pauses of the connections are not seen", "err", err)
			}
			return struct{}{}, err
		}, backoff.WithMaxElapsedTime(0))
		return nil
	})
	g.Go(func() error { return k.probeAll(ctx) })
	return g.Wait()
}

// see takes up what the record of a connection says.
func (k *Keeper) see(ctx context.Context, connection string, p *tradepostv1.Pause, err error) {
	log := k.Log.With("connection", connection)
	if err != nil {
		log.ErrorContext(ctx, "a pause could not be put onto the consumer; it is tried again when the consumer is bound", "err", err)
	}
	k.mu.Lock()
	before := k.remember(connection, p)
	k.mu.Unlock()
	now := time.Now()
	switch {
	case pause.InForce(p, now) && !pause.InForce(before, now):
		log.WarnContext(ctx, "connection paused", "by", p.GetBy(), "reason", p.GetReason(), "until", until(p))
	case pause.InForce(before, now) && !pause.InForce(p, now):
		log.InfoContext(ctx, "connection goes on", "was_paused_by", before.GetBy(), "reason", before.GetReason())
	}
	k.show(now)
}

// remember returns what was known before; k.mu is held.
func (k *Keeper) remember(connection string, p *tradepostv1.Pause) (before *tradepostv1.Pause) {
	if k.seen == nil {
		k.seen = map[string]*tradepostv1.Pause{}
	}
	before = k.seen[connection]
	delete(k.seen, connection)
	if p != nil {
		k.seen[connection] = p
	}
	return before
}

func (k *Keeper) show(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Metrics.show(k.seen, now)
}

// pause is the connection's pause as it was last seen.
func (c *Connection) pause() *tradepostv1.Pause {
	c.keeper.mu.Lock()
	defer c.keeper.mu.Unlock()
	return c.keeper.seen[c.id]
}

func until(p *tradepostv1.Pause) string {
	if p.GetUntil() == nil {
		return "somebody resumes it"
	}
	return p.GetUntil().AsTime().Format(time.RFC3339)
}
