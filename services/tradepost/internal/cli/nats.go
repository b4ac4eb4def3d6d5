package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

func newNATS(g *global) *cobra.Command {
	c := &cobra.Command{Use: "nats", Short: "Prepare a separate NATS server"}
	c.AddCommand(newNATSApply(g))
	return c
}

func newNATSApply(g *global) *cobra.Command {
	var first bool
	c := &cobra.Command{
		Use:   "apply",
		Short: "Make or update the streams and buckets",
		Long: "Makes the streams and key-value buckets on the NATS server of nats.url, or brings them up to date.\n" +
			"It can be run any number of times. The one binary with its NATS server inside does it by itself.\n\n" +
			"Where it makes the bucket of the records, postings begin only when whatever a lost store may have\n" +
			"forgotten must have come to light (a minute or so, by the accounting system). With --first-install\n" +
			"they begin at once: say so only where nothing was ever posted for these connections from another store.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := g.load()
			if err != nil {
				return err
			}
			if config.NATS.URL == "" {
				return &usageError{errors.New("nats.url is not set: `tradepost up` then runs a NATS server of its own and prepares it by itself")}
			}
			done, err := pipeline.Apply(cmd.Context(), pipeline.Options{
				Config: config, FirstInstall: first, Log: runtime.Logger(config.Log, cmd.ErrOrStderr()),
			})
			if err != nil {
				return err
			}
			return g.write(cmd.OutOrStdout(), applied(done))
		},
	}
	c.Flags().BoolVar(&first, "first-install", false, "nothing was ever posted for these connections from another NATS store")
	return c
}

type applied []bus.Applied

// Table implements printed.
func (a applied) Table() ([]any, [][]any) {
	rows := make([][]any, len(a))
	for i, one := range a {
		rows[i] = []any{one.Kind, one.Name, one.Action}
	}
	return []any{"kind", "name", "action"}, rows
}
