package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
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
			if err := checkSettings(cmd.Context(), config, connectors); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is valid: accounts: %d, connections: %d\n",
				config.Path, len(config.Accounts), len(config.Connections))
			return err
		},
	})
	return c
}

// checkSettings has every connector read its settings, without calling anybody.
func checkSettings(ctx context.Context, config *connection.Config, connectors *connector.Registry) error {
	if err := config.CheckConnectors(connectors.Kinds()); err != nil {
		return err
	}
	var all []error
	for _, c := range config.EnabledConnections() {
		reg, err := connectors.Lookup(c.Connector)
		if err != nil {
			return err
		}
		made, err := reg.New(ctx, stage.Settings(config, c, slog.New(slog.DiscardHandler)))
		if err != nil {
			all = append(all, err)
			continue
		}
		all = append(all, made.Close())
	}
	return errors.Join(all...)
}
