package preview_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// The mapping that the connector's README begins with does what it says, and preview
// says of each invoice what becomes of it in QuickBooks: same verdict, same faults in
// the same words, and the document that was shown is the one that is there.
func TestPreviewSaysWhatBecomesOfAnInvoiceInQuickBooks(t *testing.T) {
	invoices := numbered(corpus(t))[:4*batch]
	m := newQuickBooksMill(t)
	tally := map[preview.Verdict]int{}
	codes, kinds := map[string]bool{}, map[tradepostv1.DocumentKind]bool{}
	m.run()
	for from := 0; from < len(invoices); from += batch {
		these := invoices[from : from+batch]
		views := m.looked(these, true)
		for _, i := range these {
			m.send(i)
		}
		for n, i := range these {
			m.same(i, views[n], m.outcome(i))
			tally[views[n].Verdict]++
			note(views[n], map[string]bool{}, codes)
			for _, p := range views[n].Documents {
				kinds[shown(t, p).GetKind()] = true
			}
		}
	}
	t.Logf("%v, faults %v", tally, codes)
	require.Greater(t, tally[preview.Postable], 25)
	require.Greater(t, tally[preview.Faulty], 20)
	require.Len(t, kinds, 2, "invoices and credit memos")
	for _, code := range []string{"item.not_in_books", "terms.not_in_books"} {
		require.True(t, codes[code], "the company itself refuses some with %s", code)
	}
}

// numbered leaves the invoices of the corpus that ServiceTrade alone decides about, each
// with a number of its own: one that is taken is known to QuickBooks only.
func numbered(all []corpusInvoice) []corpusInvoice {
	var some []corpusInvoice
	for n, i := range all {
		if strings.HasPrefix(i.name, "generated-") {
			i.mapping, i.zone = "qbo", "America/New_York"
			if i.snapshot.Invoice.InvoiceNumber != "" {
				i.snapshot.Invoice.InvoiceNumber = fmt.Sprint("N-", n)
			}
			some = append(some, i)
		}
	}
	return some
}

// newQuickBooksMill posts to a company that has most of what the invoices name.
func newQuickBooksMill(t *testing.T) *mill {
	t.Helper()
	company := stand.New(stand.Options{Invoices: 1, Limits: stand.NoLimits()})
	web := httptest.NewServer(company)
	t.Cleanup(web.Close)
	realm := company.API.Realms()[0]
	tokens, err := company.API.Connect(realm)
	require.NoError(t, err)
	plantCompany(t, company.API, realm)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte(mappingOfReadme(t)), 0o600))
	m := openMill(t, dir, object{"qbo-east": object{
		"account": "acme", "connector": "quickbooksonline", "mapping_file": "mapping.yaml",
		"settings": object{"company_id": realm, "url": web.URL, "access_token": tokens.Access, "settling_time": "1s"},
	}}, object{"acme": object{"time_zone": "America/New_York", "servicetrade": object{
		"url": "http://127.0.0.1:1", "app_url": "https://app.servicetrade.com", "username": "u", "password": "p",
		"invoice_entity_type": 13, "external_system": "accounting",
	}}})
	m.inBooks = func(i corpusInvoice, p preview.Paper) {
		d := shown(t, p)
		entity := map[tradepostv1.DocumentKind]string{
			tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE: "Invoice", tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO: "CreditMemo",
		}[d.GetKind()]
		n := 0
		for _, o := range company.API.Objects(realm, entity) {
			if note, _ := o["PrivateNote"].(string); strings.HasPrefix(note, "["+d.GetMarker()+" ") {
				n++
				require.Equal(t, amount(t, d.GetTotals().GetTotal()), amount(t, fmt.Sprint(o["TotalAmt"])), i.name)
			}
		}
		require.Equal(t, 1, n, "%s %s", i.name, d.GetMarker())
	}
	return m
}

// plantCompany gives the company the customers, and most of the items that it has not got.
func plantCompany(t *testing.T, api *stand.API, realm string) {
	t.Helper()
	put := func(entity string, o stand.Object) {
		_, err := api.Put(realm, entity, o)
		require.NoError(t, err, "%s %v", entity, o)
	}
	var income any
	for _, o := range api.Objects(realm, "Account") {
		if o["Name"] == "Services" {
			income = o["Id"]
		}
	}
	for n := range 40 {
		put("Customer", stand.Object{"DisplayName": fmt.Sprint("C", n)})
	}
	for name, sku := range map[string]string{"LAB": "LAB-STD", "FLT-20": "FLT-20"} {
		put("Item", stand.Object{"Name": name, "Sku": sku, "Type": "Service", "IncomeAccountRef": stand.Object{"value": income}})
	}
}

var mappingFence = regexp.MustCompile("(?ms)^```yaml mapping.yaml\n(.*?)^```$")

// mappingOfReadme is the mapping that the connector's README shows.
func mappingOfReadme(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "deliver", "connectors", "quickbooksonline", "README.md"))
	require.NoError(t, err)
	m := mappingFence.FindSubmatch(raw)
	require.NotNil(t, m, "the README shows no mapping.yaml")
	return string(m[1])
}

func shown(t *testing.T, p preview.Paper) *tradepostv1.Document {
	t.Helper()
	d := &tradepostv1.Document{}
	require.NoError(t, protojson.Unmarshal(p.Document, d))
	return d
}

func amount(t *testing.T, text string) string {
	t.Helper()
	a, err := decimal.NewFromString(text)
	require.NoError(t, err)
	return a.StringFixed(2)
}
