package deliver

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
)

// CheckConfig has every connector read its settings, without calling anybody. The
// error is a *connection.Error with all problems.
func CheckConfig(ctx context.Context, config *connection.Config, connectors *connector.Registry) error {
	var problems []connection.Problem
	if err := config.CheckConnectors(connectors.Kinds()); err != nil {
		unknown, is := errors.AsType[*connection.Error](err)
		if !is {
			return err
		}
		problems = unknown.Problems
	}
	for _, c := range config.EnabledConnections() {
		if !slices.Contains(connectors.Kinds(), c.Connector) {
			continue
		}
		if err := checkSettings(ctx, config, c, connectors); err != nil {
			problems = append(problems, config.SettingsProblems(c.ID, err)...)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &connection.Error{Problems: problems}
}

func checkSettings(ctx context.Context, config *connection.Config, c *connection.Connection, connectors *connector.Registry) error {
	reg, err := connectors.Lookup(c.Connector)
	if err != nil {
		return err
	}
	made, err := reg.New(ctx, stage.Settings(config, c, slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	return made.Close()
}
