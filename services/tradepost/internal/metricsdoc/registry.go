package metricsdoc

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

// startTime bounds the start of the four stages.
const startTime = time.Minute

// The smallest configuration that starts all four stages. Nobody answers at its URL.
const (
	configText = `
data_dir: data
http: {listen: "off"}
accounts:
  acme:
    time_zone: UTC
    servicetrade:
      {url: "http://127.0.0.1:1", username: nobody, password: nothing, invoice_entity_type: 13, poll_interval: 1h, external_system: accounting}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: mapping.yaml, settings: {journal_dir: books}}
`
	mappingText = `
version: 1
customers: {match: [external_id]}
items: {match: [external_id]}
accounts: {receivable: assets:receivable, revenue_default: revenue}
tax: {mode: none}
`
)

// Registered starts the four stages in dir, which must be empty, until all have
// registered their metrics, and returns the registry.
func Registered(ctx context.Context, dir string) (*prometheus.Registry, error) {
	for name, text := range map[string]string{"tradepost.yaml": configText, "mapping.yaml": mappingText} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write the configuration: %w", err)
		}
	}
	config, err := connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
	if err != nil {
		return nil, err
	}
	server, err := embedded.Start(filepath.Join(dir, "nats"), embedded.Off)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	o := pipeline.Options{
		Config: config, NATS: server, Log: slog.New(slog.DiscardHandler),
		Health: runtime.NewHealth(), Metrics: runtime.NewMetrics(),
	}
	if err := runtime.ShowConfig(connection.NewLive(config, connection.LiveOptions{}), o.Health, o.Metrics); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- pipeline.Run(ctx, o) }()
	err = awaitBuilt(ctx, o.Health, ended)
	cancel()
	if err == nil {
		err = <-ended
	}
	return o.Metrics, err
}

// awaitBuilt waits until every stage says that it is built, whatever else it lacks:
// there is no ServiceTrade here.
func awaitBuilt(ctx context.Context, health *runtime.Health, ended <-chan error) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		checks := health.Readiness().Checks
		built := 0
		for _, stage := range []string{"ingest", "transform", "deliver", "reconcile"} {
			if checks[stage+"/service"] == "ok" {
				built++
			}
		}
		if built == 4 {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the stages ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the stages did not start: %v", checks)
		case <-look.C:
		}
	}
}
