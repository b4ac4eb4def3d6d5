package hledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The files of a journal directory.
const (
	mainFile    = "main.journal"
	companyFile = "company.txt"
	invoiceDir  = "invoices"
	tempDir     = "tmp"
	// keepFile is there because hledger refuses an include that matches nothing.
	keepFile = "00-tradepost.journal"
)

// errNoBooks means that the directory does not hold the books (any more). It is
// never read as "the document does not exist".
var errNoBooks = errors.New("the books are not there")

func (l *Ledger) path(elem ...string) string {
	return filepath.Join(append([]string{l.cfg.JournalDir}, elem...)...)
}

// Company reads whose books these are from company.txt. Books that were never
// used are set up first: main.journal, a chart with the accounts of the
// settings, and a random id. Nothing that exists is changed.
func (l *Ledger) Company(ctx context.Context) (connector.Company, error) {
	if err := ctx.Err(); err != nil {
		return connector.Company{}, fmt.Errorf("read the company of %s: %w", l.cfg.JournalDir, err)
	}
	if l.usedBefore() {
		// The books were used before. Where they are not, they are away (an unmounted
		// volume), and new ones in their place would hide every document.
		if _, err := os.Stat(l.path(companyFile)); err != nil {
			return connector.Company{}, connector.Stop(connector.Wait{
				Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonBooksMissing,
				Message: fmt.Sprintf("the books in %s were used before and are not there now: %v", l.cfg.JournalDir, err),
			})
		}
	}
	if err := l.setUp(); err != nil {
		return connector.Company{}, connector.Stop(l.waitFor(fmt.Errorf("set up the books in %s: %w", l.cfg.JournalDir, err)))
	}
	id, err := l.readCompany()
	if err != nil {
		return connector.Company{}, connector.Stop(l.waitFor(err))
	}
	l.mu.Lock()
	if l.company == "" {
		l.company = id // What is read first counts: present compares with it.
	}
	l.mu.Unlock()
	return connector.Company{ID: id, Name: filepath.Base(l.cfg.JournalDir)}, nil
}

// usedBefore tells whether the books were used, by this process or an earlier one.
func (l *Ledger) usedBefore() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known != "" || l.company != ""
}

// setUp writes what is missing, company.txt last, so that it stands for the rest.
func (l *Ledger) setUp() error {
	for _, dir := range []string{l.path(invoiceDir), l.path(tempDir)} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	files := [][2]string{
		{filepath.Join(invoiceDir, keepFile), keepText},
		{l.cfg.Chart, l.chartText()},
		{mainFile, fmt.Sprintf(mainText, l.cfg.Chart)},
		{companyFile, rand.Text() + "\n"},
	}
	for _, f := range files {
		if err := l.writeOnce(f[0], f[1]); err != nil {
			return err
		}
	}
	return nil
}

// writeOnce makes a file with all of its content, or leaves the one that is there.
func (l *Ledger) writeOnce(name, content string) error {
	if _, err := os.Stat(l.path(name)); err == nil {
		return nil
	}
	temp, err := l.writeTemp(name, content)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, l.path(name)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(l.path(name)))
}

func (l *Ledger) readCompany() (string, error) {
	raw, err := os.ReadFile(l.path(companyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s has no %s", errNoBooks, l.cfg.JournalDir, companyFile)
	}
	if err != nil {
		return "", fmt.Errorf("read the company: %w", err)
	}
	id := strings.TrimSpace(string(raw))
	if id == "" {
		return "", fmt.Errorf("%w: %s is empty", errNoBooks, l.path(companyFile))
	}
	return id, nil
}

// present makes sure that the books are those which Company saw. A volume that
// is not mounted leaves an empty directory behind, and there every document
// would look as if it did not exist.
func (l *Ledger) present(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	id, err := l.readCompany()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.company == "" {
		l.company = id
	}
	if id != l.company {
		return fmt.Errorf("%w: %s holds other books than before (company %s, was %s)", errNoBooks, l.cfg.JournalDir, id, l.company)
	}
	return nil
}

const mainText = `; The books. Tradepost made this file once and never changes it.
include %s
; One file for each document that Tradepost posted.
include invoices/*.journal
`

const keepText = "; Keeps the pattern invoices/*.journal from matching nothing.\n"

func (l *Ledger) chartText() string {
	var b strings.Builder
	b.WriteString("; Chart of accounts: Tradepost posts only to accounts that are declared here,\n")
	b.WriteString("; apart from the customers' accounts. It made this file once and never changes it.\n")
	sample := "1000.00 " + l.cfg.Commodity
	if isSymbol(l.cfg.Commodity) {
		sample = l.cfg.Commodity + "1000.00"
	}
	fmt.Fprintf(&b, "commodity %s\n\n", sample)
	for _, a := range l.cfg.Accounts.list() {
		fmt.Fprintf(&b, "account %s\n", a[1])
	}
	for _, name := range l.cfg.Declare {
		fmt.Fprintf(&b, "account %s\n", name)
	}
	return b.String()
}
