package permits

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
)

// leaveTime bounds giving back at the end what a process holds.
const leaveTime = 3 * time.Second

// Options of a process that calls accounting systems.
type Options struct {
	JS jetstream.JetStream
	// Instance is unique to the process.
	Instance string
	Log      *slog.Logger
	// Metrics may be nil.
	Metrics prometheus.Registerer
	// Silent leaves it to other processes to warn once that the budget of reads is used:
	// of a command that ends soon nobody keeps the log.
	Silent bool
}

// Permits makes what connectors are given as connector.Settings.Calls. It is safe for concurrent use.
type Permits struct {
	shelf    shelf
	instance string
	log      *slog.Logger
	metrics  metrics
	silent   bool
	clock    *clock

	// life ends with Close; work are the turns.
	life context.Context //nolint:containedctx // the life of the process's part, not of a call
	end  context.CancelFunc
	work sync.WaitGroup

	mu   sync.Mutex
	apps map[string]*app
	// quiet is until when, by the clock's elapsed, nothing is given out: the server's
	// clock was set, and what others hold goes by the old one.
	quiet time.Duration
}

// Open binds to the bucket, which `tradepost nats apply` makes.
func Open(ctx context.Context, o Options) (*Permits, error) {
	kv, err := o.JS.KeyValue(ctx, bus.BucketPermits)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the permits: %w", bus.BucketPermits, err)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	return &Permits{
		shelf: shelf{kv}, instance: o.Instance, log: o.Log, metrics: newMetrics(o.Metrics), silent: o.Silent,
		clock: &clock{elapsed: monotonic()}, life: life, end: end, apps: map[string]*app{},
	}, nil
}

// For returns the limiter of l's company; see connector.Settings.Calls.
func (p *Permits) For(l connector.CallLimits) connector.CallLimiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := keyOf(l.System, l.App)
	a := p.apps[key]
	if a == nil {
		a = &app{all: p, key: key, system: l.System, name: l.App, wake: make(chan struct{}, 1), companies: map[string]*desk{}}
		p.apps[key] = a
	}
	return &limiter{app: a, desk: a.state(l)}
}

// Reach tells why the permits cannot be written, nil where they can: without that every
// caller would wait. It takes a few seconds where NATS refuses it.
func (p *Permits) Reach(ctx context.Context) error {
	_, err := p.shelf.sync(ctx, p.clock)
	return err
}

// Reads are the metered reads that this process made, of each app that it read for. All
// that NATS took of them is in the count of the app once Close has returned.
func (p *Permits) Reads() []Reads {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Reads
	for _, key := range sorted(p.apps) {
		if r := p.apps[key].made(); r.Made > 0 {
			all = append(all, r)
		}
	}
	return all
}

// Notice tells which apps have used most of their budget of metered reads, or "".
func (p *Permits) Notice() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var told []string
	for _, key := range sorted(p.apps) {
		if words := p.apps[key].overspent(); words != "" {
			told = append(told, words)
		}
	}
	return strings.Join(told, "; ")
}

// Close gives back what this process holds. No call is under way any more.
func (p *Permits) Close() {
	p.end()
	p.work.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	for _, a := range p.all() {
		if err := a.leave(ctx); err != nil {
			p.log.WarnContext(ctx, "permits to call are not given back, and come back by themselves", "app", a.key, "error", err)
		}
	}
}

func (p *Permits) all() []*app {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.apps))
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// keyOf names the book of an app: readable where the app's id allows it.
func keyOf(system, name string) string {
	if !plainKey.MatchString(name) {
		sum := sha256.Sum256([]byte(name))
		name = hex.EncodeToString(sum[:8])
	}
	return system + "." + name
}

// stepped makes this process forget what it was given out by a clock that was set.
func (p *Permits) stepped() {
	p.log.Warn("the clock of the NATS server was set: calls to accounting systems stand still for a moment")
	p.mu.Lock()
	p.quiet = p.clock.elapsed() + window + slack
	p.mu.Unlock()
	for _, a := range p.all() {
		a.forget()
	}
}

// quietFor is how long nothing is given out.
func (p *Permits) quietFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.quiet - p.clock.elapsed()
}
