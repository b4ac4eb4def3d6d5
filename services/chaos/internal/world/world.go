// Package world is everything that a chaos run is made of: the NATS cluster, two
// replicas of each stage, the stand-in for ServiceTrade and the accounting system,
// with a proxy on every connection between them.
package world

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	toxiproxy "github.com/Shopify/toxiproxy/v2"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
	"github.com/tradepost/tradepost/services/chaos/internal/target"
)

// Options of a world.
type Options struct {
	// Dir keeps configuration, store and logs; Binaries has the programs.
	Dir, Binaries string
	Plan          plan.Options
	Target        target.Target
	Crippled      bool
	Log           *slog.Logger
}

// World is a running world.
type World struct {
	opt Options
	// Nodes and Processes in the order of their names.
	Nodes     []*Node
	Processes []*Proc
	// ServiceTrade, Books and NATS are the lines of each process.
	ServiceTrade, Books, NATS map[string]*Line
	Control                   *Control
	Recorder                  *Recorder
	NC                        *nats.Conn
	JS                        jetstream.JetStream
	// Emptied counts the nodes that could not recover what they had on disk.
	Emptied atomic.Int32
	// oracles are the processes that no fault touches.
	oracles []*Proc
	proxies *toxiproxy.ApiServer
	servers []*http.Server
}

// admin is the configuration that the operator's commands use.
const admin = "admin"

// replicas of each stage.
const replicas = 2

// Names lists the processes and the nodes of every world.
func Names() (processes, nodes []string) {
	for _, stage := range []string{"ingest", "transform", "deliver", "reconcile"} {
		for n := 1; n <= replicas; n++ {
			processes = append(processes, fmt.Sprintf("%s-%d", stage, n))
		}
	}
	return processes, nodeNames
}

// Start starts everything and waits until it works.
func Start(ctx context.Context, o Options) (*World, error) {
	w := &World{
		opt: o, proxies: newProxies(),
		ServiceTrade: map[string]*Line{}, Books: map[string]*Line{}, NATS: map[string]*Line{},
	}
	if err := w.start(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *World) start(ctx context.Context) error {
	for _, dir := range []string{"logs", "store"} {
		if err := os.MkdirAll(w.path(dir), 0o755); err != nil {
			return fmt.Errorf("make the folder of the run: %w", err)
		}
	}
	if err := w.startSandbox(ctx); err != nil {
		return err
	}
	if err := w.cluster(); err != nil {
		return err
	}
	if err := w.StartNodes(ctx); err != nil {
		return err
	}
	var err error
	if w.NC, err = w.connect(); err != nil {
		return err
	}
	if w.JS, err = jetstream.New(w.NC); err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	return w.startProcesses(ctx)
}

// startSandbox starts the stand-in for ServiceTrade. It is the oracle, and stays.
func (w *World) startSandbox(ctx context.Context) error {
	o := w.opt.Plan
	address, err := w.Spawn(ctx, "sandbox", "sandbox", "/_sandbox/state", func(address string) []string {
		return []string{
			"serve", "--listen", address, "--seed", strconv.FormatInt(o.Seed, 10), "--invoices", strconv.Itoa(o.Invoices),
			"--extras", "0", "--max-lines", "6", "--configured",
		}
	})
	if err != nil {
		return err
	}
	w.Control = &Control{url: "http://" + address}
	w.Recorder = newRecorder("http://"+address, o)
	return nil
}

// Close ends everything.
func (w *World) Close() {
	if w.NC != nil {
		w.NC.Close()
	}
	for _, p := range w.Processes {
		p.Kill()
	}
	w.KillNodes()
	for _, p := range w.oracles {
		p.Kill()
	}
	for _, lines := range []map[string]*Line{w.ServiceTrade, w.Books, w.NATS} {
		for _, l := range lines {
			l.close()
		}
	}
	for _, s := range w.servers {
		_ = s.Close()
	}
}
