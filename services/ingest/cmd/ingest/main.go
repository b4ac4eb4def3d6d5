// Command ingest runs the ingest stage as a process of its own.
package main

import (
	"context"

	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/ingest"
)

func main() {
	runtime.Main("ingest", func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		return ingest.New(ctx, d)
	})
}
