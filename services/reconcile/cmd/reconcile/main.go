// Command reconcile runs the reconcile stage as a process of its own.
package main

import (
	"context"

	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/reconcile"
)

func main() {
	runtime.Main("reconcile", func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		return reconcile.New(ctx, d)
	})
}
