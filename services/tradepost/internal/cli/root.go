// Package cli is the command line of the one binary.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// Main runs the command line of this process and returns its exit code: 0 done,
// 1 failed, 2 the configuration or the command line is wrong; a command may have
// others of its own.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // A second signal ends the process at once.
	return Execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Execute runs one command line.
func Execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return finished(root.ExecuteContext(ctx), stderr)
}

// finished tells how a command line ended, and returns the exit code.
func finished(err error, stderr io.Writer) int {
	if err == nil {
		return runtime.ExitOK
	}
	exit, own := errors.AsType[*exitError](err)
	if own && exit.err == nil {
		return exit.code
	}
	if _, told := errors.AsType[*silentError](err); !told {
		_, _ = fmt.Fprintf(stderr, "tradepost: %v\n", err)
	}
	if own {
		return exit.code
	}
	_, config := errors.AsType[*connection.Error](err)
	_, usage := errors.AsType[*usageError](err)
	if config || usage {
		return runtime.ExitConfig
	}
	return runtime.ExitFailure
}

// silentError ends the process with a failure that was told already.
type silentError struct{}

func (*silentError) Error() string { return "failed" }

// usageError is a command line that cannot be used.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// global holds the flags that every command has.
type global struct {
	config string
	output string
}

func newRoot() *cobra.Command {
	g := &global{}
	root := &cobra.Command{
		Use:   "tradepost",
		Short: "Moves invoices from ServiceTrade into the accounting system, each exactly once",
		Long: "Tradepost fetches the invoices that were sent to accounting in ServiceTrade, posts them in the\n" +
			"accounting system exactly once, and tells ServiceTrade how it went.",
		Version:       runtime.BuildVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if g.output != outputTable && g.output != outputJSON {
				return &usageError{fmt.Errorf("--output is %q, and may be table or json", g.output)}
			}
			return nil
		},
	}
	path := "tradepost.yaml"
	if env := os.Getenv("TRADEPOST_CONFIG"); env != "" {
		path = env
	}
	root.PersistentFlags().StringVarP(&g.config, "config", "c", path, "the configuration `file` [TRADEPOST_CONFIG]")
	root.PersistentFlags().StringVarP(&g.output, "output", "o", outputTable, "table or json")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(newUp(g), newDemo(g), newDoctor(g), newConnect(g), newNATS(g), newConfig(g), newMap(g), newRetry(g), newTrace(g), newSettle(g),
		newPause(g), newResume(g), newNotMade(g), newConfirm(g), newReverse(g), newTemplate(g), newPreview(g), newFault(g), newKeys(g),
		newConnectorCommands())
	return root
}

func (g *global) load() (*connection.Config, error) {
	return connection.Load(g.config, os.Environ())
}
