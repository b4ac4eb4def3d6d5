package outbox

import (
	"cmp"
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// CallTimeout bounds one call: a folder on another machine needs several trips.
const CallTimeout = 30 * time.Second

// Writer writes documents in the way of one accounting system.
type Writer interface {
	// Item is the document as it stands in a file, without what takes it back, or
	// everything that would stop its import.
	Item(d *tradepostv1.Document) (Item, []*tradepostv1.Fault)
	// Recipe tells a bookkeeper how to set up the import of files in that place.
	Recipe(place string) string
}

// Connector hands documents over in files. It is all of a connector but its settings and
// its Writer.
type Connector struct {
	box        *Box
	descriptor connector.Descriptor
	writer     Writer
}

// NewConnector returns a connector that writes to a folder. It touches nothing.
func NewConnector(kind string, folder Folder, w Writer, o Options) *Connector {
	return &Connector{
		box: New(folder, o), writer: w,
		// The ledger refuses a second entry of a marker in one step of the file system, and
		// what is written is seen at once.
		descriptor: connector.Descriptor{
			Kind: kind, Title: o.Title, CallTimeout: CallTimeout, MaxInFlight: 4, AtomicMarker: true, Limits: connector.LimitsOf(kind),
		},
	}
}

// Describe implements connector.Connector.
func (c *Connector) Describe() connector.Descriptor { return c.descriptor }

// Company implements connector.Connector: the outbox stands for the books.
func (c *Connector) Company(ctx context.Context) (connector.Company, error) {
	return c.box.Company(ctx)
}

// Check implements connector.Connector.
func (c *Connector) Check(ctx context.Context) []*tradepostv1.Fault {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.box.Check(ctx)
}

// Find implements connector.Connector.
func (c *Connector) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.box.Find(ctx, q)
}

// Create gives the document away: it will be in one file.
func (c *Connector) Create(ctx context.Context, p connector.Posting) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.box.Add(ctx, p, func() (Item, []*tradepostv1.Fault) {
		item, faults := c.writer.Item(p.Document)
		if len(faults) == 0 {
			item.Undo = c.undo(p.Document)
		}
		return item, faults
	})
}

// undo are the rows that take the document back, on its own day; nil where it cannot be
// written so.
func (c *Connector) undo(d *tradepostv1.Document) []byte {
	back := invoice.Reverse(d, &tradepostv1.AppliesTo{Kind: d.GetKind(), Number: d.GetNumber()}, d.GetIssueDate())
	back.PostingDate = d.GetPostingDate()
	back.PrivateNote = "Takes back " + cmp.Or(d.GetNumber(), d.GetMarker()) + ": its import was taken back."
	item, faults := c.writer.Item(back)
	if len(faults) > 0 {
		return nil
	}
	return item.Rows
}

// Confirm implements connector.Confirmer.
func (c *Connector) Confirm(ctx context.Context, h connector.HandedOver) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.box.Confirm(ctx, h)
}

// CheckDocument tells what would stop the import of the document, by the code that Create
// checks it with.
func (c *Connector) CheckDocument(_ context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	_, faults := c.writer.Item(d)
	return faults, nil
}

// Location implements connector.Located.
func (c *Connector) Location() string { return c.box.Place() }

// Close implements connector.Connector.
func (c *Connector) Close() error { return c.box.Close() }

// HandedFiles implements connector.FileLedger.
func (c *Connector) HandedFiles(ctx context.Context) ([]connector.HandedFile, error) {
	return c.box.Files(ctx)
}

// WaitingFiles implements connector.FileLedger.
func (c *Connector) WaitingFiles(ctx context.Context) ([]connector.HandedFile, error) {
	return c.box.WaitingFiles(ctx)
}

// UnreadableExports implements connector.FileLedger.
func (c *Connector) UnreadableExports(ctx context.Context) ([]string, error) {
	return c.box.exports.unreadable(ctx)
}

// Evidence implements connector.FileLedger.
func (c *Connector) Evidence(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.box.Evidence(ctx)
}

// LookEvery implements connector.FileLedger.
func (c *Connector) LookEvery() time.Duration { return c.box.o.LookEvery }

// Expect implements connector.FileLedger.
func (c *Connector) Expect(ctx context.Context, ids []string) error { return c.box.Expect(ctx, ids) }

// JudgeFile implements connector.FileLedger.
func (c *Connector) JudgeFile(ctx context.Context, j connector.Judgement) error {
	return c.box.Judge(ctx, j)
}

// ReverseFile implements connector.FileLedger.
func (c *Connector) ReverseFile(ctx context.Context, file string) (string, error) {
	return c.box.Reverse(ctx, file)
}

// ImportRecipe implements connector.FileLedger.
func (c *Connector) ImportRecipe() string { return c.writer.Recipe(c.box.Place()) }

var (
	_ connector.Connector      = (*Connector)(nil)
	_ connector.Confirmer      = (*Connector)(nil)
	_ connector.PreviewChecker = (*Connector)(nil)
	_ connector.FileLedger     = (*Connector)(nil)
	_ connector.Located        = (*Connector)(nil)
)

// AfterImport is what a person does with each file, whatever imports it.
const AfterImport = "Import each file once, as it is: do not open and save it in between.\n\n" +
	"It was imported: move it to the folder imported. ServiceTrade then shows its invoices as processed; until then they stay pending.\n" +
	"It was not imported, none of it: move it to the folder rejected, with the reason in a file of the same name and .txt behind it.\n" +
	"Write the reason first: it is told on the invoices in ServiceTrade, which then failed and may be sent again.\n" +
	"Some of it was imported: ask the Tradepost operator, who tells them apart with `tradepost confirm`.\n" +
	"It was imported twice, or by mistake: `tradepost reverse` writes the file that takes it back.\n"
