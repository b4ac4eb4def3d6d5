package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
	"github.com/tradepost/tradepost/services/deliver"
)

func newConfig(g *global) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration"}
	c.AddCommand(&cobra.Command{
		Use:   "validate",
		Short: "Check the configuration and its mappings, without calling anybody",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			connectors, err := deliver.Connectors()
			if err != nil {
				return err
			}
			// Every mistake at once: the settings are looked at in spite of the others.
			config, problems := connection.Inspect(g.config, os.Environ())
			err = deliver.CheckConfig(cmd.Context(), config, connectors)
			if more, are := errors.AsType[*connection.Error](err); are {
				problems = append(problems, more.Problems...)
			} else if err != nil {
				return err
			}
			if len(problems) > 0 {
				return &connection.Error{Problems: strictyaml.Sorted(problems)}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is valid: accounts: %d, connections: %d\n",
				config.Path, len(config.Accounts), len(config.Connections))
			return err
		},
	})
	return c
}
