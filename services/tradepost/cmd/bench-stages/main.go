// Command bench-stages runs the four stages against a target in memory, for the
// benchmark harness (services/bench). It is no product: what it posts is gone when
// it ends, so that no release holds it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tradepost/tradepost/services/tradepost/internal/benchstages"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := benchstages.Run(ctx, os.Getenv("TRADEPOST_CONFIG"), os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, "bench-stages:", err)
		stop()
		os.Exit(1) //nolint:gocritic // the deferred stop was called above
	}
}
