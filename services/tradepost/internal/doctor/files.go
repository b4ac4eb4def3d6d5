package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// files tells the import files that nobody confirmed for longer than people should let
// them wait. Where a connector hands over no files, there is nothing to tell.
func (c check) files(ctx context.Context, made connector.Connector) []Result {
	ledger, is := made.(connector.FileLedger)
	if !is {
		return nil
	}
	all, err := ledger.HandedFiles(ctx)
	if err != nil {
		return []Result{c.fail(operator, "Look at the folder of the connection, and bring back what is missing from a copy.", "the ledger of the import files cannot be read: %v", err)}
	}
	waiting, late := 0, []string(nil)
	for _, f := range all {
		if f.Overdue {
			late = append(late, fmt.Sprintf("%s of %s (%d documents, %s)", f.Name, f.Made.Format("2006-01-02"), len(f.Documents), f.Total))
		}
		if !f.Ended() {
			waiting++
		}
	}
	if len(late) == 0 {
		return []Result{c.ok("%d import files were made, %d wait to be confirmed", len(all), waiting)}
	}
	return []Result{c.warn(bookkeeper, "Import them and move each to the folder imported, or to rejected; `tradepost confirm` does the same. Their invoices stay pending in ServiceTrade until then.",
		"import files that nobody has confirmed for long: %s", strings.Join(late, ", "))}
}
