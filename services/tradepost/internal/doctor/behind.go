package doctor

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/record"
)

// leftBehindAge is for how long a document is named whose invoice ServiceTrade does not
// have any more: nobody tells Tradepost what a bookkeeper decided.
const leftBehindAge = 30 * 24 * time.Hour

// leftBehind tells the documents that stand in the books of invoices which are gone from
// ServiceTrade: there is no place for a comment.
func (q queue) leftBehind() []Result {
	if len(q.behind) == 0 {
		return nil
	}
	return []Result{check{systemNATS, "deleted invoices"}.warn(bookkeeper,
		"Void each in the books if it should not count (`tradepost trace` with the id of the invoice shows it in full). It is named here for 30 days, whatever was decided.",
		"%s gone from ServiceTrade, and in the books: %s", areInvoices(len(q.behind)), namedFew(q.behind, postedAs))}
}

func postedAs(e record.Entry) string {
	var all []string
	for _, d := range record.LeftBehind(e.Record) {
		all = append(all, fmt.Sprintf("posted as %s, total %s, to %s", cmp.Or(d.GetNumber(), d.GetId()), d.GetTotal(), d.GetConnection()))
	}
	return strings.Join(all, "; ")
}
