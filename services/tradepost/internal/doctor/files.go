package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// files tells the import files that nobody confirmed for longer than people should let
// them wait, and those that lie where they do not belong. Where a connector hands over no
// files, there is nothing to tell.
func (d *doctor) files(ctx context.Context, c check, made connector.Connector, connection string) []Result {
	ledger, is := made.(connector.FileLedger)
	if !is {
		return nil
	}
	given, err := d.given(ctx, connection)
	if err != nil {
		unread := c.warn(operator, "See to the records first (the checks of NATS), and run doctor again: until then nothing shows whether the folder is an older copy.",
			"the ledger of the import files cannot be held against the records: %v", err)
		return append([]Result{unread}, c.ledger(ctx, ledger, nil)...)
	}
	return c.ledger(ctx, ledger, given)
}

// ledger holds the ledger of import files against what is known to have been given away,
// and tells of its files.
func (c check) ledger(ctx context.Context, ledger connector.FileLedger, given []string) []Result {
	if err := ledger.Expect(ctx, given); err != nil {
		return []Result{c.fail(operator, "Bring the folder of the connection back as it was last, from a copy or from where it was moved. Nothing is given away until then.", "the ledger of the import files is behind the records: %v", err)}
	}
	all, err := ledger.HandedFiles(ctx)
	if err != nil {
		return []Result{c.fail(operator, "Look at the folder of the connection, and bring back what is missing from a copy.", "the ledger of the import files cannot be read: %v", err)}
	}
	bad, err := ledger.UnreadableExports(ctx)
	if err != nil {
		return []Result{c.fail(operator, "Look at the folder of the connection, and at who may read it.", "the exports of the accounting system cannot be read: %v", err)}
	}
	results := c.told(all)
	if len(bad) > 0 {
		results = slices.DeleteFunc(results, func(r Result) bool { return r.Status == OK })
		results = append(results, c.warn(bookkeeper, "Export again as `tradepost template CONNECTION` says, and drop the new file into the folder exports; take the old one away. Until then it proves nothing, and what waits for it waits on.",
			"exports that cannot be read: %s", strings.Join(bad, "; ")))
	}
	return results
}

// told is one result for each kind of file that people have to see to; ok where there is none.
func (c check) told(all []connector.HandedFile) []Result {
	waiting := 0
	var late, missing, misplaced, unclear []string
	for _, f := range all {
		what := fmt.Sprintf("%s of %s (%s, %s)", f.Name, f.Made.Format("2006-01-02"), count(len(f.Documents), "document"), f.Total)
		switch {
		case f.Missing:
			missing = append(missing, what)
		case f.Overdue:
			late = append(late, what)
		case f.Misplaced:
			misplaced = append(misplaced, what)
		}
		if !f.Ended() {
			waiting++
		}
		if i := slices.IndexFunc(f.Documents, func(d connector.HandedDocument) bool { return d.State == connector.FileWaiting && d.Why != "" }); i >= 0 {
			unclear = append(unclear, f.Name+": "+f.Documents[i].Why)
		}
	}
	var results []Result
	if len(missing) > 0 {
		results = append(results, c.warn(bookkeeper, "Put each into the folder imported, or rejected; where that cannot be done, say with `tradepost confirm` what became of it. It is not made again.",
			"import files that nobody has confirmed, and that are not in the folder any more: %s", strings.Join(missing, ", ")))
	}
	if len(misplaced) > 0 {
		results = append(results, c.warn(bookkeeper, "Do not import them again. Move each to the folder imported, or rejected; `tradepost confirm CONNECTION --all` tells what became of them.",
			"import files of which it is known what became of them, and that lie among the files to import: %s", strings.Join(misplaced, ", ")))
	}
	if len(unclear) > 0 {
		results = append(results, c.warn(bookkeeper, "Say what became of them with `tradepost confirm`, or put the files where they belong. Until then their invoices wait, and nothing of them goes out again.",
			"import files of which it cannot be told what became of them: %s", strings.Join(unclear, "; ")))
	}
	if len(late) > 0 {
		results = append(results, c.warn(bookkeeper, "Import them and move each to the folder imported, or to rejected; `tradepost confirm` does the same. Their invoices stay pending in ServiceTrade until then.",
			"import files that nobody has confirmed for long: %s", strings.Join(late, ", ")))
	}
	if len(results) == 0 {
		return []Result{c.ok("%s made, %d waiting to be confirmed", count(len(all), "import file"), waiting)}
	}
	return results
}

// given is what the records say that a connection gave to its books last; nothing where
// there are none yet, or NATS cannot be reached, which the checks of NATS tell. An error
// says that not all records could be read.
func (d *doctor) given(ctx context.Context, connection string) ([]string, error) {
	n, ok := d.nats.get(ctx)
	if !ok || n.js == nil {
		return nil, nil
	}
	store, err := record.Open(ctx, n.js)
	if err != nil {
		return nil, nil //nolint:nilerr // The checks of NATS tell it.
	}
	return record.LastGiven(ctx, store, connection)
}
