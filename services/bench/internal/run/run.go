// Package run measures the pipeline beside a bare chain: the same load, the same
// bodies, the same number of writes to the record, on the same kind of server, one
// after the other in one run.
package run

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/services/bench/internal/bare"

	"github.com/tradepost/tradepost/pkg/bus"
)

// Options of a run.
type Options struct {
	// Invoices is how many come at once; Waves and PerWave shape the quiet load after.
	Invoices, Waves, PerWave int
	// Stages is the program that runs the four stages: bench-stages.
	Stages string
	// Self is this program, which also runs the bare chain.
	Self string
	// Dir holds the files of the run, removed by the caller; on the disk that counts.
	Dir string
}

// Run runs both sides and compares them.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := &Report{Go: runtime.Version(), CPUs: runtime.NumCPU(), Sync: "always"}
	bodies := filepath.Join(o.Dir, "bodies.jsonl")
	var err error
	if r.Pipeline, err = runPipeline(ctx, o, bodies); err != nil {
		return nil, fmt.Errorf("the pipeline: %w", err)
	}
	if r.Bare, err = runChain(ctx, o, bodies, int(math.Round(r.Pipeline.RecordWrites))); err != nil {
		return nil, fmt.Errorf("the bare chain: %w", err)
	}
	r.compare()
	return r, nil
}

// broker is the server of one side, with the streams and buckets of the product.
type broker struct {
	url  string
	nc   *nats.Conn
	js   jetstream.JetStream
	stop func()
}

func startBroker(ctx context.Context, dir string) (*broker, error) {
	s, err := startServer(filepath.Join(dir, "nats"))
	if err != nil {
		return nil, err
	}
	b := &broker{url: s.ClientURL()}
	if b.nc, err = nats.Connect(b.url); err != nil {
		stopServer(s)
		return nil, fmt.Errorf("connect to the server of the benchmark: %w", err)
	}
	b.stop = func() { b.nc.Close(); stopServer(s) }
	if b.js, err = jetstream.New(b.nc); err == nil {
		_, err = bus.Apply(ctx, b.js, bus.ApplyOptions{FirstInstall: true})
	}
	if err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

func runPipeline(ctx context.Context, o Options, bodies string) (Result, error) {
	dir, b, err := prepare(ctx, o, "pipeline")
	if err != nil {
		return Result{}, err
	}
	defer b.stop()
	p, err := startPipeline(ctx, o, dir, b.url, b.js)
	if err != nil {
		return Result{}, err
	}
	defer p.stop()
	r, ids, err := measure(ctx, p, o)
	if err != nil {
		return Result{}, err
	}
	if err := p.check(ids); err != nil {
		return Result{}, err
	}
	all, err := p.bodies(ctx, ids)
	if err != nil {
		return Result{}, err
	}
	return r, bare.WriteBodies(bodies, all)
}

func runChain(ctx context.Context, o Options, bodies string, writes int) (Result, error) {
	dir, b, err := prepare(ctx, o, "bare")
	if err != nil {
		return Result{}, err
	}
	defer b.stop()
	c, err := startChain(ctx, o, dir, bodies, b.url, writes, b.nc, b.js)
	if err != nil {
		return Result{}, err
	}
	defer c.stop()
	r, _, err := measure(ctx, c, o)
	return r, err
}

func prepare(ctx context.Context, o Options, name string) (string, *broker, error) {
	dir := filepath.Join(o.Dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("make the directory of the benchmark: %w", err)
	}
	b, err := startBroker(ctx, dir)
	return dir, b, err
}
