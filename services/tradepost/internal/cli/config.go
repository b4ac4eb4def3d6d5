package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
	"github.com/tradepost/tradepost/pkg/mapping"
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
	}, newSchema())
	return c
}

const schemaLong = `Writes the JSON Schema of a mapping file to standard output, for editors that check while you type:

  tradepost config schema mapping > mapping.schema.json

and, as the first line of the mapping file:

  # yaml-language-server: $schema=mapping.schema.json

It knows the keys and words. Conditions, tables and what does not go together are checked by
"tradepost config validate" alone.`

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:       "schema mapping",
		Short:     "Write the JSON Schema of a mapping file",
		Long:      schemaLong,
		ValidArgs: []string{"mapping"},
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)(cmd, args); err != nil {
				return &usageError{fmt.Errorf("%w: there is a schema of mapping", err)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(mapping.Schema())
			return err
		},
	}
}
