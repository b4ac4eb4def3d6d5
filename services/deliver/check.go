package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/mapping"
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
	taken := map[string]string{}
	for _, c := range config.EnabledConnections() {
		if !slices.Contains(connectors.Kinds(), c.Connector) {
			continue
		}
		switch err := checkSettings(ctx, config, c, connectors, taken); {
		case errors.Is(err, errCannotVoid):
			problems = append(problems, config.MappingProblem(c.ID, "use credit_memo, or comment", "%v", err))
		case err != nil:
			problems = append(problems, config.SettingsProblems(c.ID, err)...)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &connection.Error{Problems: problems}
}

// checkSettings has the connector read its settings. taken holds which connection has
// the books at which place, by connector and place.
func checkSettings(ctx context.Context, config *connection.Config, c *connection.Connection, connectors *connector.Registry, taken map[string]string) error {
	reg, err := connectors.Lookup(c.Connector)
	if err != nil {
		return err
	}
	made, err := reg.New(ctx, stage.Settings(config, c, slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	return errors.Join(canFollow(c, made), alone(c, made, taken), made.Close())
}

// alone refuses books that another enabled connection posts to.
func alone(c *connection.Connection, made connector.Connector, taken map[string]string) error {
	located, ok := made.(connector.Located)
	if !ok {
		return nil
	}
	if located.Location() == "" {
		return nil
	}
	place := c.Connector + " " + located.Location()
	if other, is := taken[place]; is {
		return fmt.Errorf("connection %s posts to the same books (%s): give each connection books of its own, or disable one of the two", other, located.Location())
	}
	taken[place] = c.ID
	return nil
}

// errCannotVoid: the mapping asks for what the accounting system cannot do.
var errCannotVoid = errors.New("policy.voided: void is not possible with this connector")

// canFollow tells whether the connector can do what the policies of the mapping ask for.
func canFollow(c *connection.Connection, made connector.Connector) error {
	if _, can := made.(connector.Voider); !can && c.Mapping != nil && c.Mapping.Policy.Voided == mapping.VoidedVoid {
		return fmt.Errorf("%w (%s)", errCannotVoid, c.Connector)
	}
	return nil
}
