package hledger

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Check looks at directory, program, chart and main.journal. Books that were
// never used are no fault: Company sets them up.
func (l *Ledger) Check(ctx context.Context) []*tradepostv1.Fault {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	faults, set := l.checkDirs()
	if f := l.checkProgram(ctx); f != nil {
		faults = append(faults, f)
	}
	if !set {
		return faults
	}
	faults = append(faults, l.checkChart()...)
	return append(faults, l.checkMain(ctx)...)
}

// checkDirs tells whether the books can be written, and whether they are set up.
func (l *Ledger) checkDirs() (faults []*tradepostv1.Fault, set bool) {
	dirs := []string{l.path(), l.path(invoiceDir), l.path(tempDir)}
	if _, err := os.Stat(l.path(mainFile)); errors.Is(err, fs.ErrNotExist) {
		// Books to be. The directory itself may be missing; one above it that is
		// missing too is a typing mistake, or a volume that is not mounted.
		if dirs = dirs[:1]; existing(l.path()) != l.path() {
			dirs[0] = filepath.Dir(l.path())
		}
	} else {
		set = true
	}
	for _, dir := range dirs {
		err := writable(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults = append(faults, fault.New("books.missing", fault.Args{Params: map[string]string{
				"place": dir, "connection": l.connection,
			}}))
		case err != nil:
			faults = append(faults, fault.New("books.not_writable", fault.Args{Params: map[string]string{
				"place": dir, "reason": err.Error(),
			}}))
		}
	}
	return faults, set
}

// writable tells whether files can be made in a directory. The system lets its
// administrator try that anywhere, so a directory that nobody may write to (/proc)
// counts as none.
func writable(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err == nil && info.Mode().Perm()&0o222 == 0 {
		err = fs.ErrPermission
	}
	return err
}

// existing is the nearest directory above that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func (l *Ledger) checkProgram(ctx context.Context) *tradepostv1.Fault {
	if l.cfg.Check == CheckWhenInstalled {
		return nil
	}
	// The directory may not be there yet.
	_, err := program{l.cfg.Program, existing(l.path())}.run(ctx, "", "--version")
	if err == nil {
		return nil
	}
	return fault.New("connection.program_missing", fault.Args{
		Thing: "Program " + l.cfg.Program, VendorText: err.Error(),
		Params: map[string]string{"program": l.cfg.Program, "connection": l.connection},
	})
}

// checkChart wants the accounts of the settings that every invoice may need. The
// rest is told by the invoice that uses it.
func (l *Ledger) checkChart() []*tradepostv1.Fault {
	chart, err := l.chartAccounts()
	if err != nil {
		return []*tradepostv1.Fault{fault.New("books.broken", fault.Args{Thing: l.cfg.Chart, VendorText: err.Error()})}
	}
	var faults []*tradepostv1.Fault
	for _, account := range []string{l.cfg.Accounts.Receivable, l.cfg.Accounts.Revenue, l.cfg.Accounts.SalesTax} {
		if !chart.has(account) {
			faults = append(faults, fault.New("account.not_in_books", fault.Args{
				Thing: "Account " + account, VendorText: l.cfg.Chart + " does not declare it",
			}))
		}
	}
	return faults
}

// checkMain has hledger read the whole book, and makes sure that the documents
// are part of it.
func (l *Ledger) checkMain(ctx context.Context) []*tradepostv1.Fault {
	broken := func(words string) []*tradepostv1.Fault {
		return []*tradepostv1.Fault{fault.New("books.broken", fault.Args{Thing: mainFile, VendorText: words})}
	}
	out, err := l.program().run(ctx, "", "-f", mainFile, "files")
	if errors.Is(err, errProgramMissing) {
		return nil // told by checkProgram where it matters
	}
	if err != nil {
		return broken(err.Error())
	}
	inDocuments := func(path string) bool { return filepath.Base(filepath.Dir(path)) == invoiceDir }
	if !slices.ContainsFunc(strings.Split(strings.TrimSpace(out), "\n"), inDocuments) {
		return broken(mainFile + " does not have the line: include " + invoiceDir + "/*.journal")
	}
	return nil
}
