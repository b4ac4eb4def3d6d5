package transform_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/services/transform"
)

const madeOf = "the snapshot"

// closedThrough is the input of the plain invoice, of 2026-11-05, seen on 2026-11-23.
func closedThrough(t *testing.T, through, policy string) transform.Input {
	t.Helper()
	in := goldenCase{}.input(t, nil)
	text := "version: 1\nitems: {match: [external_id, code]}\ndates: {closed_period: " + policy + "}\n"
	if through != "" {
		text += "books_closed_through: " + through + "\n"
	}
	m, err := mapping.Parse([]byte(text), "m.yaml")
	require.NoError(t, err)
	in.Mapping = m
	in.Snapshot = base()
	in.Snapshot.TakenAt = timestamppb.New(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC))
	return in
}

// postedOn is a record whose invoice was posted for that day.
func postedOn(in transform.Input, day string) *tradepostv1.Record {
	return &tradepostv1.Record{Connection: in.Connection, Documents: []*tradepostv1.DocumentRef{
		{Kind: 1, Connection: in.Connection, Id: "7", PostedOn: day, SnapshotHash: madeOf},
	}}
}

// The days of a posted invoice that is sent again: unedited it keeps its day whatever the
// mapping says by now; edited it does wherever the mapping would choose a day.
func TestWhatIsPostedKeepsItsDay(t *testing.T) {
	own := closedThrough(t, "", "hold")
	issue := transform.Make(own).Documents[0].GetIssueDate()
	for name, c := range map[string]struct {
		through, policy, posted string
		edited                  bool
		posting                 string
		faults                  []string
	}{
		"closed since, unedited":               {through: "2026-12-31", policy: "first_open_day", posted: issue},
		"closed since, edited":                 {through: "2026-12-31", policy: "first_open_day", posted: issue, edited: true},
		"closed since, held":                   {through: "2026-12-31", policy: "hold", posted: issue},
		"closed since, held, edited":           {through: "2026-12-31", policy: "hold", posted: issue, edited: true},
		"today, a day later":                   {through: "2026-11-10", policy: "today", posted: "2026-11-22", posting: "2026-11-22"},
		"today, a day later, edited":           {through: "2026-11-10", policy: "today", posted: "2026-11-22", edited: true, posting: "2026-11-22"},
		"a later first open day":               {through: "2026-11-12", policy: "first_open_day", posted: "2026-11-11", posting: "2026-11-11"},
		"opened again":                         {policy: "first_open_day", posted: "2026-12-01", posting: "2026-12-01"},
		"opened again, edited":                 {policy: "first_open_day", posted: "2026-12-01", edited: true},
		"of before the day was kept":           {through: "2026-12-31", policy: "first_open_day", posted: "", posting: "2027-01-01"},
		"of before the day was kept, and held": {through: "2026-12-31", policy: "hold", posted: "", faults: []string{"date.books_closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := closedThrough(t, c.through, c.policy)
			hash := madeOf
			if c.edited {
				hash = "another"
			}
			r := transform.Make(in.Knowing(postedOn(in, c.posted), hash))
			require.Equal(t, c.faults, codes(r.Faults))
			if c.faults == nil {
				check(t, in, r)
				require.Equal(t, issue, r.Documents[0].GetIssueDate())
				require.Equal(t, c.posting, r.Documents[0].GetPostingDate())
			}
		})
	}
}

// Only what stands in the books of this connection, as the invoice's own document of that
// kind, has a day to keep.
func TestOnlyWhatStandsKeepsItsDay(t *testing.T) {
	for name, change := range map[string]func(*tradepostv1.DocumentRef){
		"gone":                 func(d *tradepostv1.DocumentRef) { d.Gone = true },
		"another connection's": func(d *tradepostv1.DocumentRef) { d.Connection = "other" },
		"what takes it back":   func(d *tradepostv1.DocumentRef) { d.Reversal = true },
		"of the other kind":    func(d *tradepostv1.DocumentRef) { d.Kind = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			in := closedThrough(t, "2026-12-31", "first_open_day")
			r := postedOn(in, "2026-11-05")
			change(r.Documents[0])
			made := transform.Make(in.Knowing(r, madeOf))
			require.Equal(t, "2027-01-01", made.Documents[0].GetPostingDate())
		})
	}
}

// Through the stage: the record says what stands in the books.
func TestTheStageKeepsTheDay(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		m := w.open()
		w.change(func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
			r.Documents = []*tradepostv1.DocumentRef{{
				Kind: 1, Connection: r.GetConnection(), Id: "7", PostedOn: "2026-12-24", SnapshotHash: r.GetSnapshotHash(),
			}}
			return r, nil
		})
		require.NoError(t, w.stage.Handle(t.Context(), m))
		ready := decoded(w, "INVOICE_READY", &tradepostv1.InvoiceReady{})
		require.Equal(t, "2026-12-24", ready.GetDocuments()[0].GetPostingDate())
	})
}
