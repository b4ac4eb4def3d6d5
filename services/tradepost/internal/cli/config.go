package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/services/deliver"
)

func newConfig(g *global) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration"}
	c.AddCommand(&cobra.Command{
		Use:   "validate",
		Short: "Check the configuration and its mappings, without calling anybody",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := g.load()
			if err != nil {
				return err
			}
			connectors, err := deliver.Connectors()
			if err != nil {
				return err
			}
			if err := deliver.CheckConfig(cmd.Context(), config, connectors); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is valid: accounts: %d, connections: %d\n",
				config.Path, len(config.Accounts), len(config.Connections))
			return err
		},
	})
	return c
}
