package settle

import (
	"context"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
)

func noMessage(context.Context, bus.Subject) (*tradepostv1.InvoiceOutcome, error) { return nil, nil }
