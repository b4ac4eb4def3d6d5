package deliver

import (
	"context"
	"log/slog"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
	"github.com/tradepost/tradepost/services/deliver/internal/externalid"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// idleTime bounds waiting for a write of an external id whose context has ended.
const idleTime = 5 * time.Second

// customers returns what is told of the customers of a connection's documents: nil
// unless the connection has their ids written to ServiceTrade. It works until ctx ends,
// and idle waits until it has stopped then.
func (s *Service) customers(ctx context.Context, c *connection.Connection, client *servicetrade.Client, rec *attempts.Recorder, log *slog.Logger) (posted func(context.Context, externalid.Posted), idle func()) {
	if !c.WriteExternalIDs || c.Account.ServiceTrade.ExternalSystem == "" {
		return nil, func() {}
	}
	w := externalid.New(ctx, externalid.Options{
		Connection: c.ID, System: c.Account.ServiceTrade.ExternalSystem, ServiceTrade: client,
		Tell:    func(ctx context.Context, r externalid.Result) { rec.ExternalID(ctx, c.Connector, r) },
		Metrics: s.externalIDs, Log: log,
	})
	return w.Posted, func() {
		select {
		case <-w.Idle():
		case <-time.After(idleTime):
		}
	}
}

// links tell what the ids change in a document that is sent again. They count also where
// this connection writes none: another replica, or an earlier configuration, may have.
func (s *Service) links(c *connection.Connection) *posting.Links {
	return &posting.Links{System: c.Account.ServiceTrade.ExternalSystem, Mapping: func() *mapping.Mapping { return s.mapping(c) }}
}

// mapping is the connection's that is in force.
func (s *Service) mapping(c *connection.Connection) *mapping.Mapping {
	if now := s.live.Current().Connections[c.ID]; now != nil {
		return now.Mapping
	}
	return c.Mapping
}
