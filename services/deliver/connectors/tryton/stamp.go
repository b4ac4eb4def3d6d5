package tryton

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// A document's hash is kept in the note of its first line, which Tryton prints nowhere.
// A bookkeeper may change that note at any time, and a copy of an invoice has it too, so
// that it counts only beside the reference, day and total that it was written for.

// stamp is what the note says.
type stamp struct {
	marker, hash, kind, date string
	total                    decimal.Decimal // with the sign that it has in Tryton
}

const (
	kindInvoice = "invoice"
	kindMemo    = "credit_memo"
)

// stampForm is the stamp's line. The hash is at its end, where nothing can follow it.
var stampForm = regexp.MustCompile(`(?m)^tradepost (st-[a-z0-9-]+) (invoice|credit_memo) ([0-9]{4}-[0-9]{2}-[0-9]{2}) (-?[0-9.]+) ([0-9a-f]{32,64})$`)

// stampOf is the stamp of a document; total has the sign that it has in Tryton.
func stampOf(p connector.Posting, total decimal.Decimal) string {
	return fmt.Sprintf("tradepost %s %s %s %s %s", p.Document.GetMarker(), kindWord(p.Document), p.Document.GetIssueDate(), total.String(), p.DocumentHash)
}

func kindWord(d *tradepostv1.Document) string {
	if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return kindMemo
	}
	return kindInvoice
}

// readStamp finds the stamp in the notes of an invoice's lines; ok is false where there
// is none, or more than one.
func readStamp(notes string) (stamp, bool) {
	found := stampForm.FindAllStringSubmatch(strings.ReplaceAll(notes, "\r\n", "\n"), 2)
	if len(found) != 1 {
		return stamp{}, false
	}
	m := found[0]
	total, err := decimal.NewFromString(m[4])
	return stamp{marker: m[1], kind: m[2], date: m[3], total: total, hash: m[5]}, err == nil
}
