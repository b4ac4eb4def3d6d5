package deliver

import (
	"context"
	"log/slog"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// customers returns what is told of the customers of a connection's documents: nil
// unless the connection has their ids written to ServiceTrade. It works until ctx ends.
func (s *Service) customers(ctx context.Context, c *connection.Connection, rec *attempts.Recorder, log *slog.Logger) func(context.Context, externalid.Posted) {
	if !c.WriteExternalIDs || c.Account.ServiceTrade.ExternalSystem == "" {
		return nil
	}
	return externalid.New(ctx, externalid.Options{
		Connection: c.ID, System: c.Account.ServiceTrade.ExternalSystem, ServiceTrade: s.clients.Of(c.AccountID),
		Tell:    func(ctx context.Context, r externalid.Result) { rec.ExternalID(ctx, c.Connector, r) },
		Metrics: s.externalIDs, Log: log,
	}).Posted
}

// links tell what the ids change in a document that is sent again. They count also where
// this connection writes none: another replica, or an earlier configuration, may have.
func (s *Service) links(c *connection.Connection) *posting.Links {
	return &posting.Links{System: c.Account.ServiceTrade.ExternalSystem, Mapping: func() *mapping.Mapping {
		if now := s.live.Current().Connections[c.ID]; now != nil {
			return now.Mapping
		}
		return c.Mapping
	}}
}
