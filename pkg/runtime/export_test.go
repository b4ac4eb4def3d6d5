package runtime

import (
	"context"
	"io"
	"os"

	"github.com/nats-io/nats.go/jetstream"
)

// Supervise lets tests run a service without a NATS server.
func Supervise(ctx context.Context, s Service, o Options) error {
	o = o.complete()
	return supervise(ctx, s, o, newState(o.Health))
}

// Program is Main with everything that it touches, for tests.
type Program struct {
	Build   Build
	Args    []string
	Environ []string
	Out     io.Writer
	Signals <-chan os.Signal
	Options []MainOption
}

// Main runs the program and returns its exit code.
func (p Program) Main(ctx context.Context) int {
	inner := &program{
		name: "stage", build: p.Build, args: p.Args, environ: p.Environ, stdout: p.Out, stderr: p.Out, signals: p.Signals,
	}
	for _, opt := range p.Options {
		opt(inner)
	}
	return inner.main(ctx)
}

// AwaitStreams is awaitStreams of a process that has just connected.
func AwaitStreams(ctx context.Context, js jetstream.JetStream, o Options) error {
	o = o.complete()
	return awaitStreams(ctx, js, o, newState(o.Health))
}
