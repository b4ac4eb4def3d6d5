package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
)

// files tells the import files that nobody confirmed for longer than people should let
// them wait. Where a connector hands over no files, there is nothing to tell.
func (c check) files(ctx context.Context, made connector.Connector, given []string) []Result {
	ledger, is := made.(connector.FileLedger)
	if !is {
		return nil
	}
	if err := ledger.Expect(ctx, given); err != nil {
		return []Result{c.fail(operator, "Bring the folder of the connection back as it was last, from a copy or from where it was moved. Nothing is given away until then.", "the ledger of the import files is behind the records: %v", err)}
	}
	all, err := ledger.HandedFiles(ctx)
	if err != nil {
		return []Result{c.fail(operator, "Look at the folder of the connection, and bring back what is missing from a copy.", "the ledger of the import files cannot be read: %v", err)}
	}
	waiting, late, missing := 0, []string(nil), []string(nil)
	for _, f := range all {
		what := fmt.Sprintf("%s of %s (%s, %s)", f.Name, f.Made.Format("2006-01-02"), count(len(f.Documents), "document"), f.Total)
		switch {
		case f.Missing:
			missing = append(missing, what)
		case f.Overdue:
			late = append(late, what)
		}
		if !f.Ended() {
			waiting++
		}
	}
	var results []Result
	if len(missing) > 0 {
		results = append(results, c.warn(bookkeeper, "Put each into the folder imported, or rejected; where that cannot be done, say with `tradepost confirm` what became of it. It is not made again.",
			"import files that nobody has confirmed, and that are not in the folder any more: %s", strings.Join(missing, ", ")))
	}
	if len(late) == 0 && len(missing) == 0 {
		return []Result{c.ok("%s made, %d waiting to be confirmed", count(len(all), "import file"), waiting)}
	}
	if len(late) == 0 {
		return results
	}
	return append(results, c.warn(bookkeeper, "Import them and move each to the folder imported, or to rejected; `tradepost confirm` does the same. Their invoices stay pending in ServiceTrade until then.",
		"import files that nobody has confirmed for long: %s", strings.Join(late, ", ")))
}

// given is what the records say that a connection gave to its books last; nothing where
// they cannot be read, which the checks of NATS tell.
func (d *doctor) given(ctx context.Context, connection string) []string {
	n, ok := d.nats.get(ctx)
	if !ok || n.js == nil {
		return nil
	}
	store, err := record.Open(ctx, n.js)
	if err != nil {
		return nil
	}
	ids, _ := record.LastGiven(ctx, store, connection)
	return ids
}
