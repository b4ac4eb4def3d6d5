// Package demo shows the whole way of an invoice on one machine: a sandbox that
// stands in for ServiceTrade, the four stages around an embedded NATS server, and
// hledger books. Nothing in it is special to the demo: it writes a configuration
// as a user would, and runs what `tradepost up` runs.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/tradepost/tradepost/services/sandbox"
)

// Options of a demo.
type Options struct {
	// Seed makes the book; the same seed gives the same invoices.
	Seed int64
	// Invoices is how many are sent; ten of them must fail.
	Invoices int
	// Dir keeps the configuration, the books and the log. It must be empty or new.
	Dir string
	// Keep says that Dir stays.
	Keep bool
	// Out is where progress is shown; live redraws a line (a terminal).
	Out  io.Writer
	Live bool
	// Stay keeps everything running after the report until ctx ends.
	Stay bool
	// Report is called with the result, before Stay.
	Report func(*Report) error
}

// ErrUnexpected means that an invoice did not end as it had to, or that the books
// do not tie out. The report names each.
var ErrUnexpected = errors.New("the demo did not end as it had to")

// ErrInterrupted means that the demo was ended by hand.
var ErrInterrupted = errors.New("the demo was interrupted")

// Run runs a demo until all invoices are settled.
func Run(ctx context.Context, o Options) error {
	w, err := newWorld(o)
	if err != nil {
		return err
	}
	defer w.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- w.run(ctx) }()

	_, _ = fmt.Fprintf(o.Out, "ServiceTrade sandbox   %s\nNATS                   %s\n", w.url, w.natsURL())
	if o.Keep {
		_, _ = fmt.Fprintf(o.Out, "Files                  %s\n", o.Dir)
	}
	_, _ = fmt.Fprintln(o.Out)
	ids, err := w.sandbox.API.SendAll("")
	if err != nil {
		return fmt.Errorf("press Send to Accounting System: %w", err)
	}
	if err := w.follow(ctx, ids, stopped); err != nil {
		if errors.Is(err, context.Canceled) {
			return ErrInterrupted
		}
		if o.Keep {
			err = fmt.Errorf("%w (the log is %s)", err, w.logPath())
		}
		return err
	}
	report, err := w.report(ctx, ids)
	if err != nil {
		return err
	}
	if err := o.Report(report); err != nil {
		return err
	}
	if o.Stay {
		_, _ = fmt.Fprintf(o.Out, "\nEverything keeps running. Look at %s, press Send there again, or watch:\n  nats --server %s sub 'invoice.>'\nCtrl-C ends it.\n", w.url, w.natsURL())
		return errors.Join(w.awaitEnd(ctx, stopped), report.problem())
	}
	cancel()
	return errors.Join(<-stopped, report.problem())
}

func (w *world) awaitEnd(ctx context.Context, stopped <-chan error) error {
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return <-stopped
	}
}

// follow shows progress until every invoice has left pending_accounting.
func (w *world) follow(ctx context.Context, ids []int64, stopped <-chan error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	early := make(chan error, 1)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case err := <-stopped:
			early <- fmt.Errorf("the pipeline stopped: %w", err)
			cancel()
		case <-done:
		}
	}()
	p := progress{out: w.o.Out, live: w.o.Live, all: len(ids)}
	err := w.sandbox.API.Await(ctx, func(a *sandbox.API) bool {
		c := a.Counts()
		p.show(c["processed"], c["failed"])
		return c["pending_accounting"] == 0
	})
	p.end()
	select {
	case err := <-early:
		return err
	default:
		return err
	}
}

// EmptyDir makes sure that dir exists and holds nothing: an earlier demo's records
// would know invoices that the new sandbox has not sent.
func EmptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory of the demo: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look into the directory of the demo: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a new directory, or remove this one", dir)
	}
	return nil
}
