package quickbooks

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func dearer(d *tradepostv1.Document) *tradepostv1.Document {
	d.Lines[0].UnitPrice, d.Lines[0].Amount = "11", "22.00"
	d.Totals.Subtotal, d.Totals.Total, d.Source.Total = "22.00", "22.00", "22.00"
	return d
}

// A reminder that is sent, or a payment, changes QuickBooks' version of a document and
// not the document: the update reads it once more, and goes on.
func TestAVersionThatChangedAloneDoesNotStopAnUpdate(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	posted := c.posted(q, sample(1))
	c.put("Payment", stand.Object{
		"CustomerRef": stand.Object{"value": posted.Customers[0].ID}, "TotalAmt": 5,
		"Line": []any{stand.Object{"Amount": 5, "LinkedTxn": []any{stand.Object{"TxnId": posted.Document.ID, "TxnType": "Invoice"}}}},
	})
	before := c.only("st-kit-1")["SyncToken"]
	require.NotEqual(t, "0", before, "the payment made another version")
	c.trouble("reminded")(true)
	answer := q.Update(t.Context(), c.posting(dearer(sample(1)), "h"), posted.Document)
	require.IsType(t, connector.Posted{}, answer, "%+v", answer)
	require.Equal(t, "22.00", answer.(connector.Posted).Document.Total)
	require.Equal(t, posted.Document.ID, answer.(connector.Posted).Document.ID)
	require.NotEmpty(t, c.only("st-kit-1")["BillEmail"], "what is not Tradepost's stays")
}

// A document that changes at every look is left for later, not written over.
func TestAVersionThatKeepsChangingIsWaitedFor(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	posted := c.posted(q, sample(1))
	c.trouble("reminded_always")(true)
	answer := q.Update(t.Context(), c.posting(dearer(sample(1)), "h"), posted.Document)
	require.IsType(t, connector.Wait{}, answer, "%+v", answer)
	require.Equal(t, connector.ReasonChanged, answer.(connector.Wait).Reason)
}

// A credit memo cannot be voided in QuickBooks: it is told, and stays.
func TestACreditMemoIsNotVoided(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	d := sample(1)
	d.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	posted := c.posted(q, d)
	answer := q.Void(t.Context(), posted.Document)
	require.IsType(t, connector.Rejected{}, answer, "%+v", answer)
	require.Equal(t, "document.cannot_be_voided", answer.(connector.Rejected).Faults[0].GetCode())
	found, err := q.Find(t.Context(), connector.Query{Kind: d.GetKind(), Marker: d.GetMarker()})
	require.NoError(t, err)
	require.False(t, found[0].Void)
}

func TestAnInvoiceInClosedBooksIsNotVoided(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	posted := c.posted(q, sample(1))
	c.stand.API.Configure(c.realm, func(s *stand.Settings) { s.ClosedThrough = "2026-12-31" })
	answer := q.Void(t.Context(), posted.Document)
	require.IsType(t, connector.Rejected{}, answer, "%+v", answer)
	require.Equal(t, "document.void_in_closed_books", answer.(connector.Rejected).Faults[0].GetCode())
}

// A write that searches do not show yet is made once all the same: the request id
// answers with it.
func TestTheRequestIDCoversWhatIsNotShownYet(t *testing.T) {
	c := newCompany(t, nil)
	c.hide(true)
	first := c.posted(c.connect(), sample(1))
	require.Equal(t, first.Document.ID, c.posted(c.connect(), sample(1)).Document.ID)
	require.Equal(t, 1, c.count("st-kit-1"))
}

// Where QuickBooks forgot the request id, the number tells that the document is there.
func TestOurOwnNumberIsAdopted(t *testing.T) {
	c := newCompany(t, nil)
	first := c.posted(c.connect(), sample(1))
	q := c.connect()
	require.NoError(t, func() error { _, err := q.Find(t.Context(), connector.Query{Marker: "st-kit-9"}); return err }())
	c.stand.API.ForgetRequestIDs(c.realm)
	answer := q.Create(t.Context(), c.posting(sample(1), hashOf(t, sample(1))))
	require.IsType(t, connector.Posted{}, answer, "%+v", answer)
	require.True(t, answer.(connector.Posted).Adopted)
	require.Equal(t, first.Document.ID, answer.(connector.Posted).Document.ID)
	require.Equal(t, 1, c.count("st-kit-1"))
}

// The number of somebody else's document is a fault that names it.
func TestAForeignNumberIsNamed(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	foreign := sample(1)
	foreign.Number = "7001"
	c.posted(q, foreign)
	d := sample(2)
	d.Number = "7001"
	f := c.rejected(q, d).Faults[0]
	require.Equal(t, "document.number_taken", f.GetCode())
	require.Contains(t, f.GetParams()["other"], "20.00 for ACME Tower")
}

// Many finds share one call, and the reference data is read once: that is what keeps
// the metered reads low.
func TestFindsShareTheirCalls(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	c.posted(q, sample(1000))
	c.stand.API.ForgetCounts()
	const workers, each = 8, 20
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := range each {
				c.posted(q, sample(int64(1+w*each+n)))
			}
		})
	}
	wg.Wait()
	counts := c.stand.API.Counts(c.realm)
	require.LessOrEqual(t, float64(counts.Metered), 0.3*workers*each, "metered reads of %d postings", workers*each)
}

// After a restart the documents are found although nothing is known of them any more,
// from the day on that the settings name.
func TestTheMarkersAreReadAnewAfterARestart(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	for id := int64(1); id <= 5; id++ {
		c.posted(q, sample(id))
	}
	c.config = func(cfg *quickbooksonline.Config) { cfg.SearchFrom = time.Now().Format(time.DateOnly) }
	again := c.connect()
	for id := int64(1); id <= 5; id++ {
		found, err := again.Find(t.Context(), connector.Query{Kind: sample(id).GetKind(), Marker: sample(id).GetMarker()})
		require.NoError(t, err)
		require.Len(t, found, 1)
	}
}

// An invoice that was paid is made void, as its user wants; what was applied to it is told.
func TestAVoidOfAPaidInvoiceTellsOfThePayment(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	posted := c.posted(q, sample(1))
	c.put("Payment", stand.Object{
		"CustomerRef": stand.Object{"value": posted.Customers[0].ID}, "TotalAmt": 5,
		"Line": []any{stand.Object{"Amount": 5, "LinkedTxn": []any{stand.Object{"TxnId": posted.Document.ID, "TxnType": "Invoice"}}}},
	})
	paid := q.Void(t.Context(), posted.Document).(connector.Posted)
	require.True(t, paid.Document.Void)
	require.Len(t, paid.Remarks, 1)
	require.Equal(t, "document.void_was_paid", paid.Remarks[0].GetCode())
	require.Equal(t, "5.00", paid.Remarks[0].GetParams()["paid"])

	other := c.posted(q, sample(2))
	require.Empty(t, q.Void(t.Context(), other.Document).(connector.Posted).Remarks, "nobody paid it")
}
