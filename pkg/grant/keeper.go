package grant

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
)

const (
	// usualClaim is the longest that a renewal takes: all its calls and the write.
	usualClaim = 45 * time.Second
	// callTime bounds one call to a token endpoint.
	callTime = 20 * time.Second
)

// Options of a Keeper.
type Options struct {
	JS jetstream.JetStream
	// Ring is the keys for secrets; nil: there are none, and nothing can be read.
	Ring *keyring.Ring
	// Pauses takes the pause of a connection that is signed out; nil pauses nothing.
	Pauses *pause.Store
	Log    *slog.Logger
	// KeyMissing is told of every connection whose sign-in this process has not the key
	// for, each time that it is met: the process has to leave the connection to others.
	// It must not block. nil, as for commands: nobody leaves anything, and nobody is told.
	KeyMissing func(connection string, err error)
	// Metrics may be nil.
	Metrics prometheus.Registerer
	// Owner is unique to the process; "" makes a new one.
	Owner string
	// HTTPClient makes the calls; nil: one with a limit of its own.
	HTTPClient *http.Client
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// ClaimTime is the longest that a renewal may take; 0: 45 s.
	ClaimTime time.Duration
	// Crash is called at every step of a renewal with its name, and may end the
	// goroutine (runtime.Goexit) or the process there, for tests. nil does nothing.
	Crash func(point string)
}

// Keeper has the tokens of all connections of a process.
type Keeper struct {
	vault     vault
	js        jetstream.JetStream
	kv        jetstream.KeyValue
	pauses    *pause.Store
	log       *slog.Logger
	metrics   *metrics
	owner     string
	http      *http.Client
	now       func() time.Time
	claimTime time.Duration
	// margin is what others wait beyond the time of a claim.
	margin time.Duration
	crash  func(string)
	// sleep waits; false when ctx ended before.
	sleep        func(context.Context, time.Duration) bool
	onKeyMissing func(connection string, err error)

	renewals sync.WaitGroup
	mu       sync.Mutex
	holders  map[string]*Holder
	notes    map[string]note
}

// Open binds to the bucket, which `tradepost nats apply` makes.
func Open(ctx context.Context, o Options) (*Keeper, error) {
	b, err := openBucket(ctx, o.JS, o.Ring)
	if err != nil {
		return nil, err
	}
	k := &Keeper{
		vault: b, js: o.JS, kv: b.kv, pauses: o.Pauses, log: o.Log, metrics: newMetrics(o.Metrics),
		owner: cmp.Or(o.Owner, rand.Text()), http: o.HTTPClient, now: o.Now, claimTime: cmp.Or(o.ClaimTime, usualClaim), margin: claimMargin,
		crash: o.Crash, sleep: sleep, holders: map[string]*Holder{}, notes: map[string]note{}, onKeyMissing: o.KeyMissing,
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if k.http == nil {
		k.http = &http.Client{Timeout: callTime}
	}
	if k.now == nil {
		k.now = time.Now
	}
	return k, nil
}

// Tokens returns the tokens of a connection, which is signed in as app says. The keeper
// renews them from then on, also when nobody asks, until Retain leaves them out or others
// take their place.
func (k *Keeper) Tokens(connection string, app connector.SignIn) *Holder {
	h := k.holder(connection, app)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.holders[connection] = h
	return h
}

func (k *Keeper) holder(connection string, app connector.SignIn) *Holder {
	return &Holder{
		connection: connection, app: app, endpoint: newEndpoint(app, k.http, k.now), keeper: k, gate: make(chan struct{}, 1),
	}
}

// Retain ends what Tokens began for the connections that keep refuses.
func (k *Keeper) Retain(keep func(connection string) bool) {
	var gone []string
	k.mu.Lock()
	for id := range k.holders {
		if !keep(id) {
			delete(k.holders, id)
			k.metrics.forget(id)
			gone = append(gone, id)
		}
	}
	k.mu.Unlock()
	for _, id := range gone {
		k.keyThere(id)
	}
}

func (k *Keeper) all() []*Holder {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]*Holder, 0, len(k.holders))
	for _, h := range k.holders {
		all = append(all, h)
	}
	return all
}

// patience is the longest that somebody waits for a token: another's claim that is not
// given back, and then a renewal.
func (k *Keeper) patience() time.Duration { return 2*k.claimTime + k.margin + saveTime }

func (k *Keeper) point(name string) {
	if k.crash != nil {
		k.crash(name)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
