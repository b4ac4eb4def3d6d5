package transform

import (
	"context"

	"github.com/tradepost/tradepost/pkg/bus"
)

// Handle is what the router calls with each invoice.received message.
func (s *Service) Handle(ctx context.Context, m bus.Message) error { return s.handle(ctx, m) }
