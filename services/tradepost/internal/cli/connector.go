package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/services/tradepost/internal/kit"
	"github.com/tradepost/tradepost/services/tradepost/internal/newconnector"
)

func newConnectorCommands() *cobra.Command {
	c := &cobra.Command{
		Use:   "connector",
		Short: "For authors of connectors: begin one, try one",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(newConnectorNew(), newConnectorTest())
	return c
}

const connectorNewLong = `Writes the beginning of a connector in Go: one that compiles, keeps documents in a folder, and passes the
conformance kit. Put the calls to your accounting system in place of books.go, and keep the kit green
(docs/connector-tutorial.md). Needs no configuration.

  tradepost connector new mybooks              in a checkout of Tradepost
  tradepost connector new mybooks --into DIR   anywhere`

const connectorNewNext = `%[2]s: a connector that compiles and passes the kit. From the top of the checkout:

  run the kit                    go test ./services/deliver/connectors/%[1]s
  add its line, %[1]s.Registration(), to
                                 services/deliver/connectors.go
  add its limits, "%[1]s": {}, to
                                 pkg/connector/limits.go
  add its smallest settings to   services/deliver/look_test.go

docs/connector-tutorial.md tells what is in each file.
`

func newConnectorNew() *cobra.Command {
	var into string
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Write the beginning of a connector, with its tests",
		Long:  connectorNewLong,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{errors.New("name the connector: tradepost connector new mybooks")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			here, err := os.Getwd()
			if err != nil {
				return err
			}
			dir, err := newconnector.Write(args[0], into, here)
			if err != nil {
				return &usageError{err}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), connectorNewNext, args[0], dir)
			return err
		},
	}
	c.Flags().StringVar(&into, "into", "", "the `folder` to write it into; default: where connectors are in this checkout")
	return c
}

const connectorTestLong = `Runs the conformance kit against a connector that is a program of its own (docs/connectors.md). What stands
behind -- is the command that starts it; it is started anew for each case, on a NATS server of its own, with

  NATS_URL            the NATS server
  CONNECTOR_PROGRAM   the name that it has to listen with
  CONNECTOR_BOOKS     an empty folder: new books

and is killed when the case is over, or in the middle of one. Needs no configuration.

  tradepost connector test -- node paperbooks.mjs
  tradepost connector test --cases 'lost|late' -- node paperbooks.mjs
  tradepost connector test --sample document.json -- ./start-with-new-books.sh

Exit code 0: all that ran passed; 1: something failed; 2: the command line is wrong.`

func newConnectorTest() *cobra.Command {
	var o kit.Options
	c := &cobra.Command{
		Use:   "test -- COMMAND [ARGUMENT]...",
		Short: "Run the conformance kit against a connector that is a program of its own",
		Long:  connectorTestLong,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{errors.New("say how the program is started: tradepost connector test -- node paperbooks.mjs")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.CallTimeout < time.Second {
				return &usageError{fmt.Errorf("--call-timeout is %s, and has to be 1s at the least", o.CallTimeout)}
			}
			o.Command, o.Out = args, cmd.OutOrStdout()
			run, err := kit.Prepare(o)
			if err != nil {
				return &usageError{err}
			}
			run()
			return nil
		},
	}
	c.Flags().StringVar(&o.Name, "name", "under-test", "the `name` that the program is told to listen with")
	c.Flags().StringVar(&o.Sample, "sample", "", "a `file` with a document (JSON) that the books take: one line, over more than 10, no tax")
	c.Flags().StringVar(&o.Cases, "cases", "", "run only the cases that match this `pattern`")
	c.Flags().DurationVar(&o.CallTimeout, "call-timeout", 5*time.Second, "the longest that a call may take")
	return c
}
