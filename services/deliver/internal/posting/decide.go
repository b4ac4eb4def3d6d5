package posting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
)

// decision is what becomes of a document that stands in the books already. Posting does
// it, and preview shows it.
type decision struct {
	// step is StepAdopt, StepUpdate, or StepNone with a fault.
	step  Step
	fault *tradepostv1.Fault
	// one is the paper, with the hash of what stands in the books where that says the same.
	one paper
	// ours says that nobody but us wrote the document last, same that we gave it the very
	// content that is wanted.
	ours, same bool
	// asItIs says that the document is adopted although this send would write it in
	// another way: the invoice is what it was, and the books are to stay.
	asItIs      bool
	differences []string
	// remark is what people have to hear of a document that is adopted; nil for nothing.
	remark *tradepostv1.Fault
}

// decide compares what was found with what is wanted, without asking anybody.
func (t *try) decide(one paper, live *tradepostv1.DocumentRef, f connector.Found) decision {
	d := decision{step: StepAdopt, one: one, ours: t.wroteLast(live, f)}
	if d.ours {
		d.one = t.linked(one, live)
	}
	equal, differences := sameContent(f, d.one, live, d.ours)
	d.differences = differences
	d.same = d.ours && live.GetHashVersion() == canonical.HashVersion && live.GetHash() == d.one.hash
	total := sameAmount(f.Total, one.doc.GetTotals().GetTotal())
	closed := t.closedDay(one, live, f)
	switch {
	case equal && total:
		if t.untaken(d, live, f) {
			d.remark = faultOf("document.changes_not_taken", d.one, f, nil)
		}
		return d
	case total && d.ours && t.unedited(live) && (closed != "" || t.Resend == connection.ResendReject):
		d.asItIs = true
		return d
	}
	if d.fault = t.untouchableFor(d, live, f, closed); d.fault != nil {
		d.step = StepNone
		return d
	}
	d.step = StepUpdate
	return d
}

// untouchableFor is why a document that should be another one is not updated; nil when
// it is.
func (t *try) untouchableFor(d decision, live *tradepostv1.DocumentRef, f connector.Found, closed string) *tradepostv1.Fault {
	_, can := t.Connector.(connector.Updater)
	switch {
	case d.ours && closed != "":
		return faultOf("document.in_closed_books", d.one, f, map[string]string{"date": closed, "closed_through": t.closedThrough()})
	case d.same && (t.Resend == connection.ResendReject || !can) && !sameAmount(f.Total, d.one.doc.GetTotals().GetTotal()):
		// Nothing was changed in ServiceTrade: the books made another total of it.
		return faultOf(totalDiffers, d.one, f, nil)
	case d.same && !can && d.one.doc.GetNumber() != "" && f.Number != d.one.doc.GetNumber():
		return faultOf(numberDiffers, d.one, f, nil)
	case d.ours && t.Resend == connection.ResendReject:
		return faultOf("document.posted_before", d.one, f, nil)
	case d.ours && !can:
		return faultOf("document.posted_for_good", d.one, f, map[string]string{"differences": strings.Join(d.differences, "; ")})
	case !d.ours:
		return faultOf("document.different_found", d.one, f, map[string]string{"differences": strings.Join(apart(d, live, f), "; ")})
	}
	return nil
}

// apart is what a bookkeeper looks at to see why a document is not touched: each thing
// that differs, as it is in the books and as it should be, and whether it was changed
// there after it was posted. Where the total is still the posted one, the change was
// another, and it is said that the total is not to blame.
func apart(d decision, live *tradepostv1.DocumentRef, f connector.Found) []string {
	all := slices.Clone(d.differences)
	if want := d.one.doc.GetDueDate(); want != "" && f.DueDate != "" && f.DueDate != want {
		all = append(all, fmt.Sprintf("its due date is %s, not %s", f.DueDate, want))
	}
	if f.Other != nil {
		all = append(all, f.Other.Apart(d.one.doc)...)
	}
	if live.GetHash() == "" || live.GetId() != f.ID {
		return all
	}
	by := "somebody changed it in the books after it was posted"
	if sameAmount(live.GetTotal(), f.Total) && !sameAmount(f.Total, d.one.doc.GetTotals().GetTotal()) {
		by += ", but not its total"
	}
	return append(all, by)
}

// wroteLast tells whether what was found is the document that the record knows, in the
// version that we wrote.
func (t *try) wroteLast(live *tradepostv1.DocumentRef, f connector.Found) bool {
	if t.presumes {
		return f.DocumentHash != ""
	}
	return live.GetHash() != "" && live.GetId() == f.ID && live.GetVersion() == f.Version
}

// unedited tells whether the posted document was made of the content that the invoice
// has now. What differs then is by what the mapping names things, and a user who sends an
// unchanged invoice again is not to blame. Where edits are brought into the books, so is
// a mended mapping, unless their period is closed.
func (t *try) unedited(live *tradepostv1.DocumentRef) bool {
	return live.GetSnapshotHash() != "" && live.GetSnapshotHash() == t.madeOf()
}

// untaken tells whether a user's changes do not reach a document that is adopted: somebody
// changed it in the books, so that it is not updated, and lines and texts, which the books
// do not show, are other ones than those that it was written with.
func (t *try) untaken(d decision, live *tradepostv1.DocumentRef, f connector.Found) bool {
	if live == nil || d.ours || d.one.slot.Reversal || t.unedited(live) {
		return false
	}
	if f.DocumentHash != "" && f.DocumentHash == d.one.hash {
		return false
	}
	if live.GetHash() != "" && live.GetHashVersion() == canonical.HashVersion {
		return t.linked(d.one, live).hash != live.GetHash()
	}
	return live.GetSnapshotHash() != "" // What it was written with is not known, only for which content.
}

// sameContent compares a document of the books with the one that is wanted; ours says
// that nobody but us wrote it last.
func sameContent(f connector.Found, one paper, live *tradepostv1.DocumentRef, ours bool) (equal bool, differences []string) {
	equal, differences = connector.Equal(f, one.doc, one.hash)
	if equal && ours && otherThanWritten(live, one) {
		return false, []string{"its lines or texts are those of an earlier version of the invoice"}
	}
	return equal, differences
}

// otherThanWritten tells whether the document that we wrote last, and nobody changed
// since, had other content than this one, although what the accounting system shows of it
// is the same: lines and texts are not shown.
func otherThanWritten(live *tradepostv1.DocumentRef, one paper) bool {
	return live.GetHashVersion() == canonical.HashVersion && live.GetHash() != one.hash
}

// countsOn is the day on which a document counts in the books.
func countsOn(d *tradepostv1.Document) string {
	return cmp.Or(d.GetPostingDate(), d.GetIssueDate())
}

// closedDay is the day on which a posted document counts, where its books are closed;
// else "". What takes a document back has a day of its own.
func (t *try) closedDay(one paper, live *tradepostv1.DocumentRef, f connector.Found) string {
	day := cmp.Or(live.GetPostedOn(), f.IssueDate)
	if one.slot.Reversal || day > t.closedThrough() {
		return ""
	}
	return day
}

// closedThrough is the last day of the closed books; "" closes none.
func (t *try) closedThrough() string {
	if t.ClosedThrough == nil {
		return ""
	}
	return t.ClosedThrough()
}

// goneFromClosed is the fault of a document that is not in the books any more, and cannot
// be made anew on its day, which is closed. The next send finds no document in the
// record, and has another day, or none.
func (t *try) goneFromClosed(one paper, live *tradepostv1.DocumentRef) *tradepostv1.Fault {
	if live == nil || one.slot.Reversal || countsOn(one.doc) > t.closedThrough() {
		return nil
	}
	return faultOf("document.gone", one, connector.Found{Kind: live.GetKind(), ID: live.GetId(), Number: live.GetNumber(), Total: live.GetTotal()}, nil)
}
