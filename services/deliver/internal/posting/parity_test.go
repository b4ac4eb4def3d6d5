package posting_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// resends are what may become of an invoice of 600.00 between two sends, with what the
// second one does under each policy.
var resends = map[string]struct {
	total string
	// says is another description of the line, by a user.
	says    string
	now     func(first *tradepostv1.Document) *tradepostv1.Document
	books   func(t *testing.T, dir string)
	through string
	update  posting.Step
	reject  posting.Step
	// remark is what people hear of an invoice that is processed.
	remark string
}{
	"unchanged":      {update: posting.StepAdopt, reject: posting.StepAdopt},
	"edited":         {total: "700.00", now: retotalled, update: posting.StepUpdate, reject: posting.StepNone},
	"mapping mended": {now: renamed, update: posting.StepUpdate, reject: posting.StepAdopt},
	"id written back": {now: func(d *tradepostv1.Document) *tradepostv1.Document {
		d.Customer.ExternalIds = map[string]string{"books": "C1"}
		return d
	}, update: posting.StepAdopt, reject: posting.StepAdopt},
	"edited by a bookkeeper, and by a user": {total: "700.00", now: retotalled, books: byBookkeeper, update: posting.StepNone, reject: posting.StepNone},
	"edited by a bookkeeper":                {books: byBookkeeper, update: posting.StepAdopt, reject: posting.StepAdopt},
	"edited by a bookkeeper, and its lines by a user": {
		says: "Travel", now: relined, books: byBookkeeper, update: posting.StepAdopt, reject: posting.StepAdopt, remark: "document.changes_not_taken",
	},
	"edited by a bookkeeper, and by a user what is not posted": {
		says: "Travel", books: byBookkeeper, update: posting.StepAdopt, reject: posting.StepAdopt,
	},
	"edited by a bookkeeper, mapping mended": {now: renamed, books: byBookkeeper, update: posting.StepAdopt, reject: posting.StepAdopt},
	"lines edited by a user":                 {says: "Travel", now: relined, update: posting.StepUpdate, reject: posting.StepNone},
	"deleted by a bookkeeper":                {books: deleted, update: posting.StepCreate, reject: posting.StepCreate},
	"closed, unchanged":                      {through: "2026-11-30", update: posting.StepAdopt, reject: posting.StepAdopt},
	"closed, mapping mended":                 {now: renamed, through: "2026-11-30", update: posting.StepAdopt, reject: posting.StepAdopt},
	"closed, edited":                         {total: "700.00", now: retotalled, through: "2026-11-30", update: posting.StepNone, reject: posting.StepNone},
	"closed, deleted":                        {books: deleted, through: "2026-11-30", update: posting.StepNone, reject: posting.StepNone},
}

func retotalled(*tradepostv1.Document) *tradepostv1.Document { return whole("700.00") }

func relined(d *tradepostv1.Document) *tradepostv1.Document {
	d.Lines[0].Description = "Travel"
	return d
}

// byBookkeeper adds a note to the document.
func byBookkeeper(t *testing.T, dir string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*", "st-acme-*.journal"))
	require.NoError(t, err)
	require.Len(t, all, 1)
	raw, err := os.ReadFile(all[0])
	require.NoError(t, err)
	edited := strings.TrimRight(string(raw), "\n") + "  ; checked by Maria\n"
	require.NoError(t, os.WriteFile(all[0], []byte(edited), 0o600))
}

func deleted(t *testing.T, dir string) {
	t.Helper()
	removed(t, dir, "st-acme-*.journal")
}

// What preview says of an invoice that is sent again is what posting does: the same step,
// the same faults in the same words.
func TestPreviewOfWhatIsSentAgain(t *testing.T) {
	for name, c := range resends {
		for policy, step := range map[string]posting.Step{connection.ResendUpdate: c.update, connection.ResendReject: c.reject} {
			t.Run(name+"/"+policy, func(t *testing.T) {
				inFakeTime(t, func(t *testing.T, w *workbench) {
					p, dir := w.ledger()
					p.Resend, p.Links = policy, &posting.Links{System: "books", Mapping: func() *mapping.Mapping { return nil }}
					first := whole("600.00")
					w.deliver(p, w.sendOf("600.00", proto.CloneOf(first)))
					written := w.record().GetDocuments()[0]
					through(p, c.through)
					if c.books != nil {
						c.books(t, dir)
					}
					again, total := first, "600.00"
					if c.now != nil {
						again = c.now(proto.CloneOf(first))
					}
					if c.total != "" {
						total = c.total
					}
					w.says = c.says
					hash, err := snapshot.Hash(w.showing(total))
					require.NoError(t, err)
					sights, err := posting.Looker{
						Connection: p.Connection, Connector: p.Connector, Record: w.record(), Resend: policy,
						Links: p.Links, ClosedThrough: c.through, SnapshotHash: hash,
					}.Look(t.Context(), proto.CloneOf(again))
					require.NoError(t, err)
					w.deliver(p, w.sendOf(total, again))
					require.Equal(t, step, w.done(written), "%v", w.outcome())
					require.Equal(t, step, sights[0].Step)
					require.Equal(t, messages(w.outcome().GetOutcome().GetRejected().GetFaults()), messages(sights[0].Faults))
					remarks := w.outcome().GetOutcome().GetPosted().GetRemarks()
					require.Equal(t, c.remark, strings.Join(codes(remarks), " "))
					require.Equal(t, messages(remarks), messages(sights[0].Remarks))
				})
			})
		}
	}
}

// Both documents of an invoice that is divided have what the books refuse: it is told of
// both at once, by preview and by posting alike.
func TestPreviewOfADividedInvoiceThatIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(charges, credit *tradepostv1.Document){
		"both":        func(a, b *tradepostv1.Document) { a.Number, b.Number = "1042;a", "1042;aC" },
		"the charges": func(a, _ *tradepostv1.Document) { a.Number = "1042;a" },
		"the credit":  func(_, b *tradepostv1.Document) { b.Number = "1042;aC" },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, w *workbench) {
				p, _ := w.ledger()
				p.Checker = p.Connector.(connector.PreviewChecker)
				charges, credit := whole("600.00"), whole("-77.50")
				credit.Marker += "-c"
				spoil(charges, credit)
				sights, err := posting.Looker{Connection: p.Connection, Connector: p.Connector}.
					Look(t.Context(), proto.CloneOf(charges), proto.CloneOf(credit))
				require.NoError(t, err)
				w.deliver(p, w.sendOf("522.50", charges, credit))
				told := w.outcome().GetOutcome().GetRejected()
				require.NotEmpty(t, told.GetFaults())
				require.Equal(t, messages(told.GetFaults()), messages(append(sights[0].Faults, sights[1].Faults...)))
				require.Len(t, told.GetFaults(), map[string]int{"both": 2}[name]+map[string]int{"the charges": 1, "the credit": 1}[name])
			})
		})
	}
}

// done is what the last send did, by its outcome and its document; before is what the
// record knew of that.
func (w *workbench) done(before *tradepostv1.DocumentRef) posting.Step {
	w.t.Helper()
	docs := w.record().GetDocuments()
	last := docs[len(docs)-1]
	switch posted := w.outcome().GetOutcome().GetPosted(); {
	case posted == nil:
		return posting.StepNone
	case posted.GetDocuments()[0].GetAdopted():
		return posting.StepAdopt
	case last.GetGeneration() > before.GetGeneration():
		return posting.StepCreate
	default:
		return posting.StepUpdate
	}
}

func messages(faults []*tradepostv1.Fault) []string {
	var all []string
	for _, f := range faults {
		all = append(all, f.GetCode()+": "+f.GetThing()+": "+f.GetMessage())
	}
	return all
}
