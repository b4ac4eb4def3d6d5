// Command deliver-chaos is deliver with the connector of the chaos runs, which the
// product does not come with.
package main

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/plainbooks"
)

func main() {
	runtime.Main("deliver", func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		connectors, err := connector.NewRegistry(plainbooks.Registration())
		if err != nil {
			return nil, err
		}
		return deliver.New(ctx, d, connectors)
	}, runtime.WithConfigCheck(func(c *connection.Config) error {
		return c.CheckConnectors([]string{plainbooks.Registration().Kind})
	}))
}
