// Command deliver runs the deliver stage as a process of its own.
package main

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
)

func main() {
	runtime.Main("deliver", func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		connectors, err := connector.NewRegistry(hledger.Registration())
		if err != nil {
			return nil, err
		}
		return deliver.New(ctx, d, connectors)
	})
}
