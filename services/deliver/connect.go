package deliver

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
)

// connector makes the connector of a connection, and sees that its books are those of
// the first use.
func (s *Service) connector(ctx context.Context, config *connection.Config, c *connection.Connection, tokens connector.Tokens, log *slog.Logger) (connector.Connector, error) {
	reg, err := s.connectors.Lookup(c.Connector)
	if err != nil {
		return nil, err
	}
	settings := stage.Settings(config, c, log)
	if tokens != nil {
		settings.Tokens = tokens
	}
	if settings.Company, err = company.Stored(ctx, s.companies, c.ID); err != nil {
		return nil, err
	}
	settings.Programs = bus.Asker{NC: s.deps.NC}
	settings.Calls, settings.Called = s.calls.For, s.watcher.Called(c.ID)
	conn, err := reg.New(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("set up the connector %s: %w", c.Connector, err)
	}
	if err := company.Verify(ctx, s.companies, c.ID, c.AccountID, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
