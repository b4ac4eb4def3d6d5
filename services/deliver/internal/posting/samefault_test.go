package posting_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// ownTotal is books that compute the total by themselves, and refuse to call that
// posted, in words of their own.
type ownTotal struct{ *books }

func (o ownTotal) Create(ctx context.Context, p connector.Posting) connector.Answer {
	return o.told(p, o.books.Create(ctx, p))
}

func (o ownTotal) Update(ctx context.Context, p connector.Posting, f connector.Found) connector.Answer {
	return o.told(p, o.books.Update(ctx, p, f))
}

func (o ownTotal) told(p connector.Posting, a connector.Answer) connector.Answer {
	made := a.(connector.Posted).Document
	o.entries[0].found.Total, made.Total = "520.00", "520.00"
	return connector.Rejected{Written: true, Document: &made, Faults: []*tradepostv1.Fault{fault.New("document.total_differs", fault.Args{
		Thing: "Invoice No. 1042", Params: map[string]string{
			"number": "1042", "books_total": "520", "invoice_total": p.Document.GetTotals().GetTotal(), "difference": "2.5",
		},
	})}}
}

// People are told once of a total that the books make of an invoice, however often it is
// tried again, and whoever finds it: the connector that makes the document, the one that
// changes it, or deliver where it may not be changed.
func TestATotalThatDiffersIsTheSameFaultAtEachRetry(t *testing.T) {
	for name, connect := range map[string]func(w *workbench) connector.Connector{
		"told by the books":                 func(w *workbench) connector.Connector { return ownTotal{w.books} },
		"seen by deliver":                   func(w *workbench) connector.Connector { return keepsItsTotal{w.books} },
		"of books that change nothing more": func(w *workbench) connector.Connector { return unchangeable{w.books} },
	} {
		for _, resend := range []string{"update", "reject"} {
			t.Run(name+", "+resend, func(t *testing.T) {
				inFakeTime(t, func(t *testing.T, w *workbench) {
					w.books.spoil = "520.00"
					p := w.poster("a")
					p.Connector, p.Resend = connect(w), resend
					w.deliver(p, w.open())
					first := w.outcome()
					require.Equal(t, []string{"document.total_differs"}, w.faults())
					require.Equal(t, "520.00", first.GetOutcome().GetRejected().GetDocuments()[0].GetTotal(), "what is in the books is named")
					for range 2 {
						w.edit("522.50")
						w.deliver(p, w.open())
						again := w.outcome()
						require.Greater(t, again.GetSend(), first.GetSend())
						require.Equal(t, first.GetOutcomeHash(), again.GetOutcomeHash(), "%v\n%v", first, again)
					}
					require.Equal(t, 1, w.books.count())

					w.books.entries[0].found.Total = "519.00" // The books make yet another total of it.
					if resend == "reject" {
						w.edit("522.50")
						w.deliver(p, w.open())
						require.NotEqual(t, first.GetOutcomeHash(), w.outcome().GetOutcomeHash(), "other facts are told")
					}
				})
			})
		}
	}
}

// keepsItsTotal is books that compute the total by themselves, and call that posted.
type keepsItsTotal struct{ *books }

func (k keepsItsTotal) Update(ctx context.Context, p connector.Posting, f connector.Found) connector.Answer {
	made := k.books.Update(ctx, p, f).(connector.Posted).Document
	k.entries[0].found.Total, made.Total = "520.00", "520.00"
	return connector.Posted{Document: made}
}

// noCustomer is books that have not the customer of any document.
type noCustomer struct{ *books }

func (n noCustomer) told(d *tradepostv1.Document) []*tradepostv1.Fault {
	name := d.GetCustomer().GetName()
	return []*tradepostv1.Fault{fault.New("customer.not_in_books", fault.Args{
		Thing: "Customer " + name, Params: map[string]string{"value": name, "connection": "acme-books"},
	})}
}

func (n noCustomer) CheckDocument(_ context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	return n.told(d), nil
}

func (n noCustomer) Create(_ context.Context, p connector.Posting) connector.Answer {
	return connector.Rejected{Faults: n.told(p.Document)}
}

// What the documents of a divided invoice have in common is told once.
func TestAFaultOfBothDocumentsIsToldOnce(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, docs := w.poster("a"), halves("600.00", "77.50")
		p.Connector, p.Checker = noCustomer{w.books}, noCustomer{w.books}
		w.deliver(p, w.sendOf("522.50", docs...))
		require.Equal(t, []string{"customer.not_in_books"}, w.faults())

		docs[1].Customer.Name = "Somebody Else"
		w.deliver(p, w.sendOf("522.50", docs...))
		require.Equal(t, []string{"customer.not_in_books", "customer.not_in_books"}, w.faults(), "of another customer")
	})
}
