// Command transform runs the transform stage as a process of its own.
package main

import (
	"context"

	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/transform"
)

func main() {
	runtime.Main("transform", func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		return transform.New(ctx, d)
	})
}
