package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
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
	if _, err := w.writeConfig(admin, state, addresses{nats: w.directURL(), serviceTrade: w.Control.url}); err != nil {
		return err
	}
	if err := w.apply(ctx, "--first-install"); err != nil {
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
func (w *World) Apply(ctx context.Context) error { return w.apply(ctx) }

func (w *World) apply(ctx context.Context, flags ...string) error {
	args := append([]string{"nats", "apply", "--config", w.path(admin + ".yaml")}, flags...)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, filepath.Join(w.opt.Binaries, "tradepost"), args...)
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
