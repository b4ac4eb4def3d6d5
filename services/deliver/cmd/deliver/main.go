// Command deliver runs the deliver stage as a process of its own.
package main

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
)

func main() {
	runtime.Main("deliver", func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		connectors, err := deliver.Connectors()
		if err != nil {
			return nil, err
		}
		return deliver.New(ctx, d, connectors)
	}, runtime.WithConfigCheck(func(c *connection.Config) error {
		connectors, err := deliver.Connectors()
		if err != nil {
			return err
		}
		return c.CheckConnectors(connectors.Kinds())
	}), runtime.WithChangeCheck(func(c *connection.Config) error {
		connectors, err := deliver.Connectors()
		if err != nil {
			return err
		}
		return deliver.CheckConfig(context.Background(), c, connectors)
	}))
}
