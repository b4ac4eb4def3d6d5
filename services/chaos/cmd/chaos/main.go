// Command chaos runs Tradepost as separate processes against a cluster, breaks
// everything that can break, and counts in ServiceTrade and in the accounting
// system what went wrong. It ends with 1 when anything did.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tradepost/tradepost/services/chaos/internal/run"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o, err := run.Parse(os.Args[1:], os.Stderr)
	if err == nil {
		err = run.Run(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
