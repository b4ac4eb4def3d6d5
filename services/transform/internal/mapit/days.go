package mapit

import (
	"github.com/tradepost/tradepost/pkg/caldate"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// Days are the days of a document.
type Days struct {
	// Issue is the document's own day.
	Issue caldate.Date
	// Posting is the day that it counts in the books; zero where that is Issue.
	Posting caldate.Date

	issued, posted explain.Source
}

// Kept is the day on which a document counts that was posted before and stands in the
// books; the zero value where there is none, or its day is not known.
type Kept struct {
	Day caldate.Date
	// Unedited says that it was made of the very content that the invoice has now.
	Unedited bool
}

// Days chooses the days by the mapping; what keeps the document from being posted
// at all is a fault. today is the day of the snapshot. What is posted keeps its day: no
// other one is chosen because the books were closed since, or because it is later now.
func (r Resolver) Days(inv *normalise.Invoice, today caldate.Date, kept Kept) (Days, []*tradepostv1.Fault) {
	d := Days{Issue: inv.IssueDate, issued: explain.Source{Field: "transactionDate"}}
	switch r.Mapping.Dates.Source {
	case mapping.DateCreated:
		d.Issue, d.issued.Field = inv.Created, "created"
	case mapping.DateJobCompleted:
		d.Issue, d.issued.Field = inv.JobDone, "job.completedOn"
	}
	if d.Issue.IsZero() {
		return d, r.noDay(d)
	}
	if live := r.Mapping.GoLive; !live.IsZero() && d.Issue.Before(live) {
		return d, one(fault.New("date.before_go_live", fault.Args{Path: d.issued.Field, Params: map[string]string{
			"date": d.Issue.String(), "go_live": live.String(), "connection": r.Connection,
		}}))
	}
	return r.open(d, today, kept)
}

// noDay tells a missing day that nobody told before: normalise tells the invoice's own.
func (r Resolver) noDay(d Days) []*tradepostv1.Fault {
	if r.Mapping.Dates.Source == mapping.DateOfInvoice {
		return nil
	}
	return one(fault.New("date.source_missing", fault.Args{Path: d.issued.Field, Params: map[string]string{
		"source": string(r.Mapping.Dates.Source), "connection": r.Connection,
	}}))
}

// open moves a document out of a closed period, where the mapping says how.
func (r Resolver) open(d Days, today caldate.Date, kept Kept) (Days, []*tradepostv1.Fault) {
	through := r.Mapping.BooksClosedThrough
	open := through.IsZero() || d.Issue.After(through)
	if !kept.Day.IsZero() && (kept.Unedited || !open) {
		if kept.Day != d.Issue {
			d.Posting = kept.Day
			d.posted = explain.Source{Field: d.issued.Field, Value: d.Issue.String(), Rule: "it was posted for this day before"}
		}
		return d, nil
	}
	if open {
		return d, nil
	}
	d.posted = explain.Source{Field: d.issued.Field, Value: d.Issue.String(), Rule: "dates.closed_period"}
	switch r.Mapping.Dates.Closed {
	case mapping.ClosedFirstOpenDay:
		d.Posting = through.AddDays(1)
		return d, nil
	case mapping.ClosedToday:
		if today.After(through) {
			d.Posting = today
			return d, nil
		}
	}
	return d, one(fault.New("date.books_closed", fault.Args{Path: d.issued.Field, Params: map[string]string{
		"date": d.Issue.String(), "closed_through": through.String(), "connection": r.Connection,
	}}))
}

func one(f *tradepostv1.Fault) []*tradepostv1.Fault { return []*tradepostv1.Fault{f} }
