package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	companyFile = "ledger/company.txt"
	importedDir = "imported"
	rejectedDir = "rejected"
	exportsDir  = "exports"
	undoDir     = "reversals"
	waitingDir  = "ledger/waiting"
	stagedDir   = "ledger/staged"
	verdictsDir = "ledger/verdicts"
	// manifestsDir has one file for each import file.
	manifestsDir = "ledger/manifests"
)

// Options say how a connector's files are made.
type Options struct {
	Connection string
	// Title is the accounting system's name as people write it.
	Title string
	// Company is what connector.Settings says: "" before the connection was first used.
	Company string
	// Prefix and Ext are the beginning and the end of a file's name: SALES, .csv.
	Prefix, Ext string
	// CustomerPrefix is the beginning of the name of a file with customers.
	CustomerPrefix string
	// Batch is how many documents a file has at the most, and how many have to wait until
	// one is made at once; at least 1.
	Batch int
	// Wait is how long the first document waits for others.
	Wait time.Duration
	// RemindAfter is after how long a file that nobody confirmed is told; 0 tells none.
	RemindAfter time.Duration
	// LookEvery is how often the folder is looked at for evidence.
	LookEvery time.Duration
	// ReadExport reads what the accounting system exported; nil where it exports nothing
	// that can be read.
	ReadExport func(content []byte) ([]Exported, error)
	Log        *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Exported is one document of an export of the accounting system.
type Exported struct {
	Number string
	// Customer is the customer's id; "" where the export does not show it.
	Customer string
	// Total is what the customer owes for it; that of a credit memo is positive.
	Total string
	// CreditMemo is nil where the export does not show the kind.
	CreditMemo *bool
}

// Box is the outbox of one connection. It is safe for use by many goroutines, and by
// many processes on the same folder.
type Box struct {
	folder Folder
	o      Options
	log    *slog.Logger

	mu      sync.Mutex        // guards what follows
	company string            // of the first use, or as read first; "" before
	told    map[int]time.Time // when people were told of a file, by its sequence
	ended   map[int]bool      // files of which everything is known, by their sequence
	made    map[int]time.Time // when the folder's machine says that a manifest was written

	expected []string // entries that have to be there, see Expect

	fileName *regexp.Regexp // of import files; the group is the sequence
	ledger   ledger
	exports  exports
}

// New returns the outbox in a folder. It touches nothing.
func New(folder Folder, o Options) *Box {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Batch = max(o.Batch, 1)
	b := &Box{folder: folder, o: o, log: o.Log, company: o.Company, told: map[int]time.Time{}, ended: map[int]bool{}, made: map[int]time.Time{}}
	b.fileName = regexp.MustCompile("^" + regexp.QuoteMeta(o.Prefix) + `-[0-9]{8}-([0-9]{4,8})-[0-9a-f]{8}` + regexp.QuoteMeta(o.Ext) + "$")
	b.ledger.init(folder)
	b.exports.init(folder, o)
	return b
}

// Place names the folder, for connector.Located.
func (b *Box) Place() string { return b.folder.Place() }

// Close gives back the folder.
func (b *Box) Close() error { return b.folder.Close() }

// Company reads whose books these are. A folder that was never used is set up first; one
// that was used and is not there now is away, and is not made anew.
func (b *Box) Company(ctx context.Context) (connector.Company, error) {
	id, err := b.readCompany(ctx)
	if errors.Is(err, fs.ErrNotExist) && !b.usedBefore() {
		if err = b.setUp(ctx); err == nil {
			id, err = b.readCompany(ctx)
		}
	}
	if err != nil {
		return connector.Company{}, connector.Stop(b.waitFor(fmt.Errorf("read the company of %s: %w", b.Place(), err)))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.company == "" {
		b.company = id
	}
	return connector.Company{ID: id, Name: b.o.Connection}, nil
}

func (b *Box) usedBefore() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.company != ""
}

// setUp makes the directories, and company.txt last, so that it stands for the rest.
func (b *Box) setUp(ctx context.Context) error {
	for _, dir := range []string{
		importedDir, rejectedDir, exportsDir, undoDir, tempDir, waitingDir, stagedDir,
		"ledger/entries", manifestsDir, verdictsDir,
	} {
		if err := b.folder.Make(ctx, dir); err != nil {
			return err
		}
	}
	err := b.folder.Publish(ctx, companyFile, []byte(rand.Text()+"\n"))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func (b *Box) readCompany(ctx context.Context) (string, error) {
	raw, err := b.folder.Read(ctx, companyFile)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(raw))
	if id == "" {
		return "", fmt.Errorf("%w: %s is empty", errNoBooks, companyFile)
	}
	return id, nil
}

// errNoBooks means that the folder does not hold the ledger (any more). It is never read
// as "the document was not given away".
var errNoBooks = errors.New("the outbox is not there")

// present makes sure that the folder is the one that Company saw: a volume that is not
// mounted leaves an empty directory behind, where nothing was ever given away.
func (b *Box) present(ctx context.Context) error {
	id, err := b.readCompany(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s has no %s", errNoBooks, b.Place(), companyFile)
	}
	if err != nil {
		return err
	}
	b.mu.Lock()
	if b.company == "" {
		b.company = id
	}
	was := b.company
	b.mu.Unlock()
	if id != was {
		return fmt.Errorf("%w: %s is another outbox than before (company %s, was %s)", errNoBooks, b.Place(), id, was)
	}
	return b.upToDate(ctx)
}
