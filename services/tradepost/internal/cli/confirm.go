package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver"
)

const confirmLong = `Tells Tradepost what became of an import file. Without FILE it lists the files that wait for that.

  tradepost confirm acme-sage                                     what waits
  tradepost confirm acme-sage SALES-20261122-0007-1a2b3c4d.csv    the file was imported, all of it
  tradepost confirm acme-sage FILE --rejected --reason "..."      none of it was, and none of it will be
  tradepost confirm acme-sage FILE --document 1042                one invoice of it was
  tradepost confirm acme-sage FILE --document 1042 --removed      it was imported, and taken out of the books since

Imported, the invoices become processed; rejected, they fail with the reason in a comment, and sending them
again writes them to a new file; removed, they may be sent again. What was said once stays: Tradepost
believes it, and asks nobody. A person who moves the file to the folder imported, or rejected, does the same;
said of a whole file, it is moved there, and nothing is noted where that fails.
The word goes into the ledger beside the files, so that this needs the folder, and not NATS. Where NATS can be
reached, deliver acts on it at once; else within seconds, or minutes over SFTP (the setting look_every).`

type confirmFlags struct {
	rejected, removed, all bool
	documents              []string
	reason                 string
}

func newConfirm(g *global) *cobra.Command {
	var o confirmFlags
	c := &cobra.Command{
		Use: "confirm CONNECTION [FILE]", Short: "Say what became of an import file, or list those that wait",
		Long: confirmLong, Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.onFiles(cmd, args[0], func(ctx context.Context, files connector.FileLedger) error {
				if len(args) == 1 {
					return g.listFiles(ctx, cmd, files, o.all)
				}
				if err := confirmFile(ctx, cmd, files, args[1], o); err != nil {
					return err
				}
				if o.removed {
					return nil
				}
				return g.wake(ctx, cmd, args[0], files, args[1])
			})
		},
	}
	f := c.Flags()
	f.BoolVar(&o.rejected, "rejected", false, "it was not imported, and never will be")
	f.BoolVar(&o.removed, "removed", false, "it was imported, and was taken out of the books since")
	f.StringSliceVar(&o.documents, "document", nil, "only these documents of the file, by `number` or id (where two customers have one number)")
	f.StringVar(&o.reason, "reason", "", "why, for the office")
	f.BoolVar(&o.all, "all", false, "list all files, not only those that wait")
	return c
}

func confirmFile(ctx context.Context, cmd *cobra.Command, files connector.FileLedger, file string, o confirmFlags) error {
	j := connector.Judgement{File: file, Documents: o.documents, State: connector.FileImported, Reason: o.reason, By: whoAsks("tradepost confirm")}
	switch {
	case o.rejected && o.removed:
		return &usageError{errors.New("--rejected and --removed cannot be used together")}
	case o.rejected && o.reason == "":
		return &usageError{errors.New("--reason is missing: the office reads it in the comment on the invoice")}
	case o.rejected:
		j.State = connector.FileRejected
	case o.removed:
		j.State = connector.FileRemoved
	}
	if err := files.JudgeFile(ctx, j); err != nil {
		return err
	}
	what := "all of it"
	if len(o.documents) > 0 {
		what = strings.Join(o.documents, ", ")
	}
	next := ""
	if j.State == connector.FileRemoved {
		next = "; sent again in ServiceTrade, it is written to a new file"
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "noted: %s, %s, is %s%s\n", file, what, j.State, next)
	return err
}

func newTemplate(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "template CONNECTION", Short: "Tell the bookkeeper how to set up the import of a connection's files", Args: cobra.ExactArgs(1),
		Long: "Prints how the import is set up in the accounting system, column by column, as the settings of the\n" +
			"connection have it. Print it anew after a change of the settings.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.onFiles(cmd, args[0], func(_ context.Context, files connector.FileLedger) error {
				_, err := fmt.Fprint(cmd.OutOrStdout(), files.ImportRecipe())
				return err
			})
		},
	}
}

// onFiles opens the connector of a connection that hands over files.
func (g *global) onFiles(cmd *cobra.Command, id string, do func(context.Context, connector.FileLedger) error) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	conn, ok := config.Connections[id]
	if !ok {
		return &usageError{fmt.Errorf("the configuration has no connection %q", id)}
	}
	connectors, err := deliver.Connectors()
	if err != nil {
		return err
	}
	reg, err := connectors.Lookup(conn.Connector)
	if err != nil {
		return &usageError{err}
	}
	books, err := reg.New(cmd.Context(), stage.Settings(config, conn, slog.New(slog.DiscardHandler)))
	if err != nil {
		return &usageError{err}
	}
	defer func() { _ = books.Close() }()
	files, ok := books.(connector.FileLedger)
	if !ok {
		return &usageError{fmt.Errorf("connection %s posts to %s, and hands over no files", id, reg.Title)}
	}
	return do(cmd.Context(), files)
}
