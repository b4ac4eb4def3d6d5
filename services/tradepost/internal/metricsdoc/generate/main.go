// Command generate writes docs/metrics.md to standard output.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/tradepost/tradepost/services/tradepost/internal/metricsdoc"
)

func main() {
	if err := run(context.Background()); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "generate docs/metrics.md:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "tradepost-metrics-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	registry, err := metricsdoc.Registered(ctx, dir)
	if err != nil {
		return err
	}
	page, err := metricsdoc.Page(registry)
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(page)
	return err
}
