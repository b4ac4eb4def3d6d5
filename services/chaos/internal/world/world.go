// Package world is everything that a chaos run is made of: the NATS cluster, two
// replicas of each stage, the stand-in for ServiceTrade and the accounting system,
// with a proxy on every connection between them.
package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

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
	sandbox *Proc
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
	address, err := freeAddress()
	if err != nil {
		return err
	}
	o := w.opt.Plan
	w.sandbox = w.proc("sandbox", "sandbox", []string{
		"serve", "--listen", address, "--seed", strconv.FormatInt(o.Seed, 10), "--invoices", strconv.Itoa(o.Invoices),
		"--extras", "0", "--max-lines", "6", "--configured",
	}, nil, "http://"+address+"/_sandbox/state")
	if err := w.sandbox.Start(); err != nil {
		return err
	}
	w.Control = &Control{url: "http://" + address}
	w.Recorder = newRecorder("http://"+address, o)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return w.sandbox.AwaitReady(ctx)
}

func (w *World) startProcesses(ctx context.Context) error {
	state, err := w.Control.State(ctx)
	if err != nil {
		return err
	}
	if err := w.writeShared(state); err != nil {
		return err
	}
	if _, err := w.writeConfig(admin, state, addresses{nats: w.directURL(), serviceTrade: w.Control.url}); err != nil {
		return err
	}
	if err := w.Apply(ctx); err != nil {
		return err
	}
	books, err := w.serve(w.opt.Target.Handler())
	if err != nil {
		return err
	}
	names, _ := Names()
	for _, name := range names {
		if err := w.startProcess(name, state, books); err != nil {
			return err
		}
	}
	return w.AwaitProcesses(ctx)
}

// serve listens for a handler inside the harness; it returns host:port.
func (w *World) serve(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	// Cut connections are what this is about: no log of them.
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	w.servers = append(w.servers, server)
	go func() { _ = server.Serve(l) }()
	return l.Addr().String(), nil
}

func (w *World) startProcess(name string, s State, books string) error {
	recorder, err := w.serve(w.Recorder.For(name))
	if err != nil {
		return err
	}
	var nodes []string
	for _, n := range w.Nodes {
		nodes = append(nodes, n.address)
	}
	for line, upstreams := range map[*map[string]*Line][]string{&w.NATS: nodes, &w.ServiceTrade: {recorder}, &w.Books: {books}} {
		if (*line)[name], err = newLine(w.proxies, name, upstreams...); err != nil {
			return err
		}
	}
	config, err := w.writeConfig(name, s, addresses{
		nats:         "nats://" + strings.Join(w.NATS[name].Addresses(), ",nats://"),
		serviceTrade: "http://" + w.ServiceTrade[name].Addresses()[0], target: "http://" + w.Books[name].Addresses()[0],
	})
	if err != nil {
		return err
	}
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	binary := stageOf(name)
	if binary == "deliver" {
		binary = filepath.Base(w.opt.Target.Program())
	}
	p := w.proc(name, binary, []string{"--config", config}, []string{"TRADEPOST_HTTP_LISTEN=" + listen}, "http://"+listen+"/readyz")
	w.Processes = append(w.Processes, p)
	return p.Start()
}

func stageOf(process string) string {
	stage, _, _ := strings.Cut(process, "-")
	return stage
}

// AwaitProcesses waits until every process works.
func (w *World) AwaitProcesses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for _, p := range w.Processes {
		if err := p.AwaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Process returns the process of that name.
func (w *World) Process(name string) *Proc {
	for _, p := range w.Processes {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Node returns the node of that name.
func (w *World) Node(name string) *Node {
	for _, n := range w.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Apply makes the streams and buckets as an operator does, with the product's own
// command. A cluster that has just started needs a moment.
func (w *World) Apply(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, filepath.Join(w.opt.Binaries, "tradepost"), "nats", "apply", "--config", w.path(admin+".yaml"))
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("tradepost nats apply: %w: %s", err, out), ctx.Err())
		case <-time.After(time.Second):
		}
	}
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
	if w.sandbox != nil {
		w.sandbox.Kill()
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
