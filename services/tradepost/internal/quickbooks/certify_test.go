package quickbooks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
)

// What make certify-qbo needs to know of a sandbox company of Intuit.
const (
	certifyCompany = "TRADEPOST_CERTIFY_QBO_COMPANY"
	certifyToken   = "TRADEPOST_CERTIFY_QBO_TOKEN"
	certifyItem    = "TRADEPOST_CERTIFY_QBO_ITEM"
)

// The connector against Intuit's own sandbox: what the stand-in only supposes.
func TestCertifyAgainstIntuit(t *testing.T) {
	company, token := os.Getenv(certifyCompany), os.Getenv(certifyToken)
	if company == "" || token == "" {
		t.Skipf("no sandbox company of Intuit: set %s and %s", certifyCompany, certifyToken)
	}
	item := os.Getenv(certifyItem)
	if item == "" {
		item = "Hours" // Every sandbox company of Intuit begins with it.
	}
	certify(t, item, quickbooksonline.Config{
		CompanyID: company, Environment: quickbooksonline.Sandbox, AccessToken: connection.NewSecret(token),
	})
}

// The same steps against the stand-in, so that they are known to work.
func TestCertifyAgainstTheStandIn(t *testing.T) {
	c := newCompany(t, nil)
	certify(t, "Labor", quickbooksonline.Config{
		CompanyID: c.realm, URL: c.server.URL, AccessToken: connection.NewSecret(c.tokens.Access), SettlingTime: settling,
	})
}

// certify posts an invoice, asks for it in every way, posts it again under its key,
// changes it and voids it. It leaves a void invoice, and a customer.
func certify(t *testing.T, item string, cfg quickbooksonline.Config) {
	open := func() *quickbooksonline.Online {
		q, err := quickbooksonline.New(cfg, connector.Settings{Connection: "certify", Account: "certify"}, quickbooksonline.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { _ = q.Close() })
		return q
	}
	q := open()
	require.Empty(t, q.Check(t.Context()))
	books, err := q.Company(t.Context())
	require.NoError(t, err)
	require.Equal(t, cfg.CompanyID, books.ID)

	d := certified(time.Now().Unix(), item)
	want := connector.Query{Kind: d.GetKind(), Marker: d.GetMarker(), Number: d.GetNumber()}
	found, err := q.Find(t.Context(), want)
	require.NoError(t, err)
	require.Empty(t, found)
	p := connector.Posting{Document: d, DocumentHash: hashOf(t, d), Generation: 1, Key: d.GetMarker()}
	posted := made(t, q.Create(t.Context(), p))
	again := made(t, q.Create(t.Context(), p))
	require.Equal(t, posted.ID, again.ID, "one request id makes one document")
	require.Equal(t, "20.00", posted.Total)
	there := seen(t, open(), want)
	require.Empty(t, there.Other.Apart(d))
	posted.Other, there.Other = nil, nil // Each knows it by a connector of its own.
	require.Equal(t, posted, there, "found by its marker, by somebody who did not make it")

	p.Document = dearer(certified(d.GetSource().GetInvoiceId(), item))
	p.DocumentHash = hashOf(t, p.Document)
	updated := made(t, q.Update(t.Context(), p, posted))
	require.Equal(t, posted.ID, updated.ID)
	require.Equal(t, "22.00", updated.Total)
	void := made(t, q.Void(t.Context(), updated))
	require.True(t, void.Void)
	require.True(t, seen(t, open(), want).Void)
}

// certified is an invoice over 20.00 with a number and a customer of its own.
func certified(id int64, item string) *tradepostv1.Document {
	d := sample(id)
	d.Marker, d.Number = fmt.Sprint("st-certify-", id), fmt.Sprint("C", id)
	d.IssueDate, d.DueDate = time.Now().Format(time.DateOnly), time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	d.Lines[0].Item.Reference = byName(item)
	return d
}

func made(t *testing.T, a connector.Answer) connector.Found {
	t.Helper()
	require.IsType(t, connector.Posted{}, a, "%+v", a)
	return a.(connector.Posted).Document
}

// seen waits until the one document of a query is shown: at most for the settling time.
func seen(t *testing.T, q *quickbooksonline.Online, want connector.Query) connector.Found {
	t.Helper()
	deadline := time.Now().Add(q.Describe().SettlingTime)
	for tick := time.Tick(100 * time.Millisecond); ; <-tick {
		found, err := q.Find(t.Context(), want)
		require.NoError(t, err)
		if len(found) == 1 {
			return found[0]
		}
		require.Empty(t, found)
		require.True(t, time.Now().Before(deadline), "it is not shown within the settling time")
	}
}
