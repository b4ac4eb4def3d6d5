// Package file posts documents to accounting systems that only import files: CSV or JSON
// lines, whose columns are templates of the settings. What is in a file is posted once
// there is evidence that a person imported it (package outbox).
package file

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

const (
	kind  = "file"
	title = "Import files"
)

// Registration makes the connector known under the kind file.
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

// Files makes import files by templates. It is safe for use by many goroutines, and by
// many processes on the same folder.
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
	// Documents that were written with other settings go into a file of their own.
	shape := []string{cfg.Format, cfg.Rows, cfg.Delimiter, cfg.LineEnd, cfg.Encoding, fmt.Sprint(cfg.Header)}
	for _, col := range cfg.Columns {
		shape = append(shape, col.Name)
	}
	layout, err := canonical.Value(shape)
	if err != nil {
		return nil, err
	}
	f := &Files{cfg: cfg, connection: s.Connection, layout: layout}
	f.Connector = outbox.NewConnector(kind, folder, f, outbox.Options{
		Connection: s.Connection, Title: title, Company: s.Company, Prefix: cfg.Name, Ext: cfg.Extension,
		Batch: cfg.batch(), Wait: *cfg.Wait, RemindAfter: cfg.RemindAfter, LookEvery: cfg.Looks(), Log: s.Log,
	})
	return f, nil
}

// Item implements outbox.Writer.
func (f *Files) Item(d *tradepostv1.Document) (outbox.Item, []*tradepostv1.Fault) {
	s := &sheet{c: &f.cfg, connection: f.connection, d: d}
	if d.GetNumber() == "" {
		s.fault("document.incomplete", "number", map[string]string{"field": "number", "connection": f.connection})
	}
	if kept := s.amount(s.signed("retainage.amount", d.GetRetainage().GetAmount())); !kept.IsZero() {
		s.faults = append(s.faults, fault.New("retainage.refused", fault.Args{Params: map[string]string{"amount": kept.StringFixed(2), "system": f.cfg.System}}))
	}
	rows := s.text()
	if len(s.faults) > 0 {
		return outbox.Item{}, s.faults
	}
	return outbox.Item{Customer: d.GetCustomer().GetReference().GetValue(), Layout: f.layout, Head: f.cfg.heading(), Rows: rows}, nil
}

// Recipe implements outbox.Writer.
func (f *Files) Recipe(place string) string {
	var b strings.Builder
	c := &f.cfg
	fmt.Fprintf(&b, "Importing the files of connection %s into %s\n\nThe files %s-...%s are in %s: %s, %s, one row for each %s.\n\n",
		f.connection, c.System, c.Name, c.Extension, place, c.Format, c.Encoding, c.Rows)
	for i, col := range c.Columns {
		fmt.Fprintf(&b, "   %2d  %s\n", i+1, col.Name)
	}
	if c.Recipe != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.Recipe))
	}
	b.WriteString("\n" + outbox.AfterImport)
	return b.String()
}
