package world

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

func (w *World) startProcesses(ctx context.Context) error {
	state, err := w.Control.State(ctx)
	if err != nil {
		return err
	}
	if err := w.writeShared(state); err != nil {
		return err
	}
	books, err := w.opt.Target.Start(ctx, w, w.opt.Crippled)
	if err != nil {
		return fmt.Errorf("start the accounting system: %w", err)
	}
	if _, err := w.writeConfig(admin, state, addresses{nats: w.directURL(), serviceTrade: w.Control.url}); err != nil {
		return err
	}
	if _, err := w.Apply(ctx, "--first-install"); err != nil {
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

// Serve implements target.Host.
func (w *World) Serve(h http.Handler) (string, error) {
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

// Spawn implements target.Host.
func (w *World) Spawn(ctx context.Context, name, program, readyPath string, args func(address string) []string) (string, error) {
	address, err := freeAddress()
	if err != nil {
		return "", err
	}
	p := w.proc(name, program, args(address), nil, "http://"+address+readyPath)
	w.oracles = append(w.oracles, p)
	if err := p.Start(); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return address, p.AwaitReady(ctx)
}

func (w *World) startProcess(name string, s State, books string) error {
	recorder, err := w.Serve(w.Recorder.For(name))
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
