// Package doctor looks at everything that Tradepost needs (configuration,
// ServiceTrade, NATS, the accounting systems) and tells what is wrong, who fixes
// it and how. It never changes anything anywhere.
package doctor

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/tradepost/internal/metered"
)

const (
	defaultLimit = 10 * time.Second
	// atOnce bounds the accounts, and the connections, that are looked at at the same
	// time: a check that waits for others of this machine would be told as one whose
	// system does not answer.
	atOnce = 8
)

// Options of a look.
type Options struct {
	// Path of the configuration, and the environment that overrides it.
	Path    string
	Environ []string
	// Connectors that the program has.
	Connectors *connector.Registry
	// Account and Connection narrow the checks to one account, or to one
	// connection and its account; "" means all.
	Account    string
	Connection string
	// InvoiceID is an invoice whose comments tell whether invoice_entity_type is
	// right; for Find, the invoice that the comment was written on.
	InvoiceID int64
	// Text is what the comment says that Find looks for.
	Text string
	// Setup adds the steps of ServiceTrade's set-up even when invoices were sent.
	Setup bool
	// Limit bounds each check; 0 means 10 s.
	Limit time.Duration
	// OwnNATS is where the server of `tradepost up` listens when it runs, and where
	// a separate service looks when nats.url is not set; "" looks nowhere.
	OwnNATS string
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// doctor is one look.
type doctor struct {
	Options
	config   *connection.Config
	problems []connection.Problem
	limit    time.Duration
	now      func() time.Time
	log      *slog.Logger
	nats     future[natsFound]
}

func newDoctor(o Options) *doctor {
	d := &doctor{Options: o, limit: cmp.Or(o.Limit, defaultLimit), now: o.Now, log: slog.New(slog.DiscardHandler)}
	if d.now == nil {
		d.now = time.Now
	}
	d.config, d.problems = connection.Inspect(o.Path, o.Environ)
	d.nats.set = make(chan struct{})
	return d
}

// Run makes all checks. Those of different systems run in parallel; the results
// come in a fixed order.
func Run(ctx context.Context, o Options) *Report {
	d := newDoctor(o)
	results := append(d.configuration(), d.unknownNames()...)
	accounts, connections := d.accounts(), d.connections()
	onAccounts := make([]accountFound, len(accounts))
	onConnections := make([][]Result, len(connections))
	var onNATS []Result
	var wait sync.WaitGroup
	wait.Go(func() { few(accounts, func(i int, a *connection.Account) { onAccounts[i] = d.account(ctx, a) }) })
	wait.Go(func() {
		few(connections, func(i int, c *connection.Connection) { onConnections[i] = d.connection(ctx, c) })
	})
	disconnect := func() {}
	wait.Go(func() { onNATS, disconnect = d.checkNATS(ctx) })
	wait.Wait()
	read := d.metered()
	disconnect()
	for _, found := range onAccounts {
		results = append(results, found.results...)
	}
	results = append(results, oneAndTheSame(accounts, onAccounts)...)
	results = append(results, onNATS...)
	report := newReport(append(results, slices.Concat(onConnections...)...), d.guides(accounts, onAccounts))
	report.MeteredReads = read
	return report
}

// metered tells what was read of accounting systems that meter it, while NATS is there.
func (d *doctor) metered() string {
	d.nats.value.meter.Close()
	return d.nats.value.meter.Words()
}

// few does something with all of a list, a few at a time.
func few[T any](list []T, do func(int, T)) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, one := range list {
		g.Go(func() error {
			do(i, one)
			return nil
		})
	}
	_ = g.Wait()
}

// accounts returns the accounts to look at, in the order of their ids.
func (d *doctor) accounts() []*connection.Account {
	var list []*connection.Account
	for _, id := range slices.Sorted(maps.Keys(d.config.Accounts)) {
		wanted := d.Account == "" || d.Account == id
		if c := d.config.Connections[d.Connection]; d.Connection != "" {
			wanted = wanted && c != nil && c.AccountID == id
		}
		if wanted {
			list = append(list, d.config.Accounts[id])
		}
	}
	return list
}

// connections returns the connections to look at, in the order of their ids.
func (d *doctor) connections() []*connection.Connection {
	var list []*connection.Connection
	for _, id := range slices.Sorted(maps.Keys(d.config.Connections)) {
		c := d.config.Connections[id]
		if (d.Account == "" || d.Account == c.AccountID) && (d.Connection == "" || d.Connection == id) {
			list = append(list, c)
		}
	}
	return list
}

// future is a value that others wait for.
type future[T any] struct {
	set   chan struct{}
	value T
}

func (f *future[T]) give(v T) {
	f.value = v
	close(f.set)
}

func (f *future[T]) get(ctx context.Context) (v T, ok bool) {
	select {
	case <-f.set:
		return f.value, true
	case <-ctx.Done():
		return v, false
	}
}

// natsFound is how the other checks can reach NATS: js is nil where it cannot be
// reached, and why says why not.
type natsFound struct {
	js  jetstream.JetStream
	why string
	// meter is what all connectors call by.
	meter *metered.Meter
}

// found gives the other checks what there is of NATS.
func (d *doctor) found(js jetstream.JetStream, why string) {
	d.nats.give(natsFound{js: js, why: why, meter: metered.New(js, why)})
}
