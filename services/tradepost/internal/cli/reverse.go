package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connector"
)

func newReverse(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "reverse CONNECTION FILE", Short: "Write the file that takes an import back", Args: cobra.ExactArgs(2),
		Long: "Writes a file to the folder reversals that takes back what an import file brought into the books: for a\n" +
			"file that was imported twice, or by mistake. It is written once, and has no document that was rejected, or\n" +
			"removed from the books already. Importing it changes nothing about what Tradepost knows: where the\n" +
			"invoices are out of the books for good, say so with `tradepost confirm --removed`.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.onFiles(cmd, args[0], func(ctx context.Context, files connector.FileLedger) error {
				waits, err := isWaiting(ctx, files, args[1])
				if err != nil {
					return err
				}
				name, err := files.ReverseFile(ctx, args[1])
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), name); err != nil {
					return err
				}
				return adviseReversal(cmd, args[0], args[1], waits)
			})
		},
	}
}

// isWaiting tells whether nobody has confirmed a file yet.
func isWaiting(ctx context.Context, files connector.FileLedger, file string) (bool, error) {
	waiting, err := files.WaitingFiles(ctx)
	return slices.ContainsFunc(waiting, func(f connector.HandedFile) bool { return f.Name == file }), err
}

// adviseReversal says what is to be done with the file, beside the name that programs read.
func adviseReversal(cmd *cobra.Command, connection, file string, waits bool) error {
	if waits {
		if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "Nobody has confirmed that %s was imported: look in the books first, what is not there needs no reversal.\n", file); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "Import it once, as the other files, and leave it where it is. It was imported twice: nothing else is to be done.\n"+
		"It should not have been imported at all: say `tradepost confirm %s %s --removed` afterwards.\n", connection, file)
	return err
}
