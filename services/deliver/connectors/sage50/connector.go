// Package sage50 posts documents to Sage 50 US, formerly Peachtree, which has no interface
// over a network: it makes the files that its Sales Journal imports. What is in a file is
// posted once there is evidence that a person imported it (package outbox).
package sage50

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

const (
	kind  = "sage50"
	title = "Sage 50"
	// callTimeout bounds one call; a folder on another machine needs several trips.
	callTimeout = 30 * time.Second
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
	cfg        Config
	connection string
	layout     string
	box        *outbox.Box
}

// New makes the connector without touching the folder. cfg is completed with the
// defaults; all that is wrong with it is told in one error.
func New(cfg Config, s connector.Settings) (*Files, error) {
	cfg.complete()
	if err := cfg.problems(); err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	folder, err := cfg.Open(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	layout, err := canonical.Value(append([]string{fmt.Sprint(cfg.Header)}, cfg.Columns...))
	if err != nil {
		return nil, err
	}
	return &Files{
		cfg: cfg, connection: s.Connection, layout: layout,
		box: outbox.New(folder, outbox.Options{
			Connection: s.Connection, Title: title, Company: s.Company, Prefix: "SALES", Ext: ".csv", CustomerPrefix: "CUSTOMER",
			Batch: cfg.batch(), Wait: *cfg.Wait, RemindAfter: cfg.RemindAfter, ReadExport: readExport, Log: log,
		}),
	}, nil
}

// Describe tells deliver what to expect: the ledger refuses a second entry of a marker in
// one step of the file system, and what is written is seen at once.
func (f *Files) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: kind, Title: title, CallTimeout: callTimeout, MaxInFlight: 4, AtomicMarker: true, Limits: connector.LimitsOf(kind),
	}
}

// Company implements connector.Connector: the outbox stands for the books.
func (f *Files) Company(ctx context.Context) (connector.Company, error) { return f.box.Company(ctx) }

// Check implements connector.Connector.
func (f *Files) Check(ctx context.Context) []*tradepostv1.Fault {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return f.box.Check(ctx)
}

// Find implements connector.Connector.
func (f *Files) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return f.box.Find(ctx, q)
}

// Create gives the document away: it will be in one import file.
func (f *Files) Create(ctx context.Context, p connector.Posting) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return f.box.Add(ctx, p, func() (outbox.Item, []*tradepostv1.Fault) { return f.item(p.Document) })
}

// Confirm implements connector.Confirmer.
func (f *Files) Confirm(ctx context.Context, h connector.HandedOver) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return f.box.Confirm(ctx, h)
}

// CheckDocument tells what would stop the import of the document, by the code that Create
// checks it with.
func (f *Files) CheckDocument(_ context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	_, faults := f.item(d)
	return faults, nil
}

func (f *Files) item(d *tradepostv1.Document) (outbox.Item, []*tradepostv1.Fault) {
	s := newSheet(&f.cfg, f.connection, d)
	if len(s.faults) > 0 {
		return outbox.Item{}, s.faults
	}
	return outbox.Item{
		Customer: s.header[colCustomer], Layout: f.layout, Head: f.cfg.heading(), Rows: s.text(),
		Undo: f.undo(d), NewCustomer: f.cfg.newCustomer(d),
	}, nil
}

// undo are the rows that take the document back, on its own day; nil where the layout, or
// the number's length, does not allow it.
func (f *Files) undo(d *tradepostv1.Document) []byte {
	back := invoice.Reverse(d, &tradepostv1.AppliesTo{Kind: d.GetKind(), Number: d.GetNumber()}, d.GetIssueDate())
	back.PostingDate = d.GetPostingDate()
	s := newSheet(&f.cfg, f.connection, back)
	if len(s.faults) > 0 {
		return nil
	}
	return s.text()
}

// Location implements connector.Located.
func (f *Files) Location() string { return f.box.Place() }

// Close implements connector.Connector.
func (f *Files) Close() error { return f.box.Close() }

// HandedFiles implements connector.FileLedger.
func (f *Files) HandedFiles(ctx context.Context) ([]connector.HandedFile, error) {
	return f.box.Files(ctx)
}

// JudgeFile implements connector.FileLedger.
func (f *Files) JudgeFile(ctx context.Context, j connector.Judgement) error {
	return f.box.Judge(ctx, j)
}

// ReverseFile implements connector.FileLedger.
func (f *Files) ReverseFile(ctx context.Context, file string) (string, error) {
	return f.box.Reverse(ctx, file)
}

// ImportRecipe implements connector.FileLedger.
func (f *Files) ImportRecipe() string {
	var b strings.Builder
	f.cfg.recipe(&b, f.connection, f.box.Place())
	return b.String()
}

var (
	_ connector.Connector      = (*Files)(nil)
	_ connector.Confirmer      = (*Files)(nil)
	_ connector.PreviewChecker = (*Files)(nil)
	_ connector.FileLedger     = (*Files)(nil)
	_ connector.Located        = (*Files)(nil)
)
