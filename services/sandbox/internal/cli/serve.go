package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/services/sandbox"
)

type serveFlags struct {
	listen   string
	demo     bool
	extras   int
	maxLines int
	scenario string
	books    quickbooksFlags
	sandbox.Options
}

func serve() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use: "serve", Short: "Run a sandbox", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "localhost:8380", "address to listen on; port 0 picks a free one")
	flags.Int64Var(&f.Seed, "seed", 1, "the book's seed: the same seed gives the same book")
	flags.IntVar(&f.Invoices, "invoices", 40, "customer invoices in the book")
	flags.IntVar(&f.extras, "extras", 7, "vendor bills, drafts, void invoices and the like besides")
	flags.IntVar(&f.maxLines, "max-lines", 60, "the most lines of an invoice")
	flags.BoolVar(&f.TaxShown, "tax", false, "put sales tax on every third invoice")
	flags.BoolVar(&f.demo, "demo", false, "serve the demo's book: 40 invoices or --invoices, ten of which must fail")
	flags.BoolVar(&f.Configured, "configured", false, "start with the external system set up")
	flags.StringVar(&f.ExternalSystem, "system", sandbox.DefaultExternalSystem, "system name of the external ids")
	flags.IntVar(&f.InvoiceEntityType, "entity-type", sandbox.DefaultInvoiceEntityType, "entity type number of invoices")
	flags.StringVar(&f.StateFile, "state", "", "file that keeps the account over restarts")
	flags.StringVar(&f.PublicURL, "public-url", "", "beginning of the uri fields")
	flags.BoolVar(&f.UniqueNumbers, "unique-numbers", false, "refuse an invoice number that is in use")
	flags.BoolVar(&f.CompoundJobs, "compound-jobs", false, "answer jobs in the compound shape")
	flags.StringVar(&f.scenario, "scenario", "", "order faults by a scenario file, or by one of "+strings.Join(sandbox.Scenarios(), ", "))
	flags.StringVar(&f.books.listen, "quickbooks", "", "run a QuickBooks Online stand-in too, at this address")
	flags.Lookup("quickbooks").NoOptDefVal = quickbooksAddress
	f.books.add(flags, "quickbooks-")
	return cmd
}

func (f *serveFlags) run(cmd *cobra.Command) error {
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	f.Log = log
	if f.scenario != "" {
		scenario, err := sandbox.LoadScenario(f.scenario)
		if err != nil {
			return err
		}
		f.Scenario = scenario
	}
	switch {
	case f.Invoices < 1 || f.Invoices > 1e6:
		return fmt.Errorf("--invoices %d must be between 1 and 1000000", f.Invoices)
	case f.demo && f.Invoices < len(sandbox.DemoFaults()):
		return fmt.Errorf("--invoices %d must be %d or more with --demo, so many of which must fail", f.Invoices, len(sandbox.DemoFaults()))
	case f.demo:
		f.Book = sandbox.GenerateBook(sandbox.BookOptions{Seed: f.Seed, Invoices: f.Invoices, Faults: sandbox.DemoFaults()})
	default:
		f.Book = sandbox.GenerateBook(sandbox.BookOptions{
			Seed: f.Seed, Invoices: f.Invoices, Extras: f.extras, TaxShown: f.TaxShown, MaxLines: f.maxLines,
			ExternalSystem: f.ExternalSystem,
		})
	}
	s, err := sandbox.Open(f.Options)
	if err != nil {
		return err
	}
	defer s.Close()
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", f.listen, err)
	}
	log.Info("sandbox is ready", "page", "http://"+listener.Addr().String(), "api", "http://"+listener.Addr().String()+"/api",
		"username", sandbox.DefaultUsername, "password", sandbox.DefaultPassword, "invoices", len(s.API.Invoices()))
	return f.serveBoth(cmd.Context(), listener, s, log)
}

// serveBoth serves the sandbox and, where it is asked for, the QuickBooks stand-in
// filled from the same book. Either of them ends the other.
func (f *serveFlags) serveBoth(ctx context.Context, listener net.Listener, s *sandbox.Sandbox, log *slog.Logger) error {
	if f.books.listen == "" {
		return serveUntil(ctx, listener, s)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended, err := f.books.listenQuickBooks(ctx, s.API.Book(), log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	other := make(chan error, 1)
	go func() {
		other <- <-ended
		cancel()
	}()
	err = serveUntil(ctx, listener, s)
	cancel()
	return errors.Join(err, <-other)
}

// serveUntil answers until the context ends, then lets running requests finish.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}
