package deliver

import (
	"context"
	"log/slog"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
)

// customers returns what is told of the customers of a connection's documents: nil
// unless the connection has their ids written to ServiceTrade. It works until ctx ends.
func (s *Service) customers(ctx context.Context, c *connection.Connection, client *servicetrade.Client, rec *attempts.Recorder, log *slog.Logger) func(context.Context, externalid.Posted) {
	if !c.WriteExternalIDs || c.Account.ServiceTrade.ExternalSystem == "" {
		return nil
	}
	return externalid.New(ctx, externalid.Options{
		Connection: c.ID, System: c.Account.ServiceTrade.ExternalSystem, ServiceTrade: client,
		Tell:    func(ctx context.Context, r externalid.Result) { rec.ExternalID(ctx, c.Connector, r) },
		Metrics: s.externalIDs, Log: log,
	}).Posted
}
