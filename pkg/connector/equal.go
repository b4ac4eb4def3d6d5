package connector

import (
	"fmt"

	"github.com/shopspring/decimal"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Equal tells whether the document that was found is d, whose content has the
// given document hash, and if not, what differs, in words for a bookkeeper. A
// hash that the accounting system kept with an untouched document decides;
// where it kept none, or somebody changed the document since, what Found shows
// is compared: kind, total, the number that d wants, and the issue date. A void
// document equals nothing. Equal says which content was given, not what the
// system made of it: number and total still have to be verified.
func Equal(f Found, d *tradepostv1.Document, hash string) (bool, []string) {
	if f.Void {
		return false, []string{"it is void"}
	}
	if f.DocumentHash != "" && f.DocumentHash == hash {
		return true, nil
	}
	diffs := visibleDifferences(f, d)
	if f.DocumentHash != "" && len(diffs) == 0 {
		diffs = append(diffs, "its content is of another version of the invoice (same total, number and date; lines or texts differ)")
	}
	return len(diffs) == 0, diffs
}

func visibleDifferences(f Found, d *tradepostv1.Document) []string {
	var diffs []string
	if f.Kind != d.GetKind() {
		diffs = append(diffs, fmt.Sprintf("it is %s, not %s", kindWords(f.Kind), kindWords(d.GetKind())))
	}
	if diff := totalDifference(f.Total, d.GetTotals().GetTotal()); diff != "" {
		diffs = append(diffs, diff)
	}
	if want := d.GetNumber(); want != "" && f.Number != want {
		diffs = append(diffs, fmt.Sprintf("its number is %q, not %q", f.Number, want))
	}
	if f.IssueDate != "" && f.IssueDate != d.GetIssueDate() {
		diffs = append(diffs, fmt.Sprintf("its date is %s, not %s", f.IssueDate, d.GetIssueDate()))
	}
	return diffs
}

// totalDifference compares amounts, not their spelling: 522.5 is 522.50. A total
// that cannot be read equals nothing.
func totalDifference(found, want string) string {
	have, err := decimal.NewFromString(found)
	if err != nil {
		return fmt.Sprintf("its total cannot be read (%q), it should be %s", found, want)
	}
	wanted, err := decimal.NewFromString(want)
	if err != nil || !have.Equal(wanted) {
		return fmt.Sprintf("its total is %s, not %s", found, want)
	}
	return ""
}

func kindWords(k tradepostv1.DocumentKind) string {
	switch k {
	case tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE:
		return "an invoice"
	case tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO:
		return "a credit memo"
	default:
		return "of unknown kind"
	}
}
