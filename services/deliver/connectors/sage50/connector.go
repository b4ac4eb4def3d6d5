// Package sage50 posts documents to Sage 50 US, formerly Peachtree, which has no interface
// over a network: it makes the files that its Sales Journal imports. What is in a file is
// posted once there is evidence that a person imported it (package outbox).
package sage50

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

const (
	kind  = "sage50"
	title = "Sage 50"
)

// Registration makes the connector known under the kind sage50.
func Registration() connector.Registration {
	return connector.Registration{Kind: kind, Title: title, New: open}
}

func open(_ context.Context, s connector.Settings) (connector.Connector, error) {
	var cfg Config
	if err := s.Decode(&cfg); err != nil {
		return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
	}
	return New(cfg, s)
}

// Files makes import files for one company of Sage 50. It is safe for use by many
// goroutines, and by many processes on the same folder.
type Files struct {
	*outbox.Connector

	cfg        Config
	connection string
	layout     string
}

// New makes the connector without touching the folder. cfg is completed with the
// defaults; all that is wrong with it is told in one error.
func New(cfg Config, s connector.Settings) (*Files, error) {
	cfg.complete()
	if err := cfg.problems(); err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	folder, err := cfg.Open(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	layout, err := canonical.Value(append([]string{fmt.Sprint(cfg.Header)}, cfg.Columns...))
	if err != nil {
		return nil, err
	}
	f := &Files{cfg: cfg, connection: s.Connection, layout: layout}
	f.Connector = outbox.NewConnector(kind, folder, f, outbox.Options{
		Connection: s.Connection, Title: title, Company: s.Company, Prefix: "SALES", Ext: ".csv", CustomerPrefix: "CUSTOMER",
		Batch: cfg.batch(), Wait: *cfg.Wait, RemindAfter: cfg.RemindAfter, LookEvery: cfg.Looks(), ReadExport: readExport, Log: s.Log, Now: cfg.now,
	})
	return f, nil
}

// Item implements outbox.Writer.
func (f *Files) Item(d *tradepostv1.Document) (outbox.Item, []*tradepostv1.Fault) {
	s := newSheet(&f.cfg, f.connection, d)
	if len(s.faults) > 0 {
		return outbox.Item{}, s.faults
	}
	return outbox.Item{
		Customer: s.header[colCustomer], Layout: f.layout, Head: f.cfg.heading(), Rows: s.text(), NewCustomer: f.cfg.newCustomer(d),
	}, nil
}

// Recipe implements outbox.Writer.
func (f *Files) Recipe(place string) string {
	var b strings.Builder
	f.cfg.recipe(&b, f.connection, place)
	return b.String()
}
