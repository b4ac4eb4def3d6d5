package quickbooksonline

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	intuitapp "github.com/tradepost/tradepost/pkg/grant/intuit"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// intuit answers as the documentation says, one document at a time; what a test wants
// to go wrong it says itself.
type intuit struct {
	t      *testing.T
	server *httptest.Server

	mu    sync.Mutex
	calls []heard
	// on answers a call; false leaves it to the usual answer.
	on func(h heard, w http.ResponseWriter) bool
	// preferences and customers of the company, as JSON.
	preferences, customers string
	papers                 map[string]map[string]any
	// shared are the settings' limits.
	shared func(connector.CallLimits) connector.CallLimiter
	// born is the time of creation that documents get.
	born time.Time
}

// heard is a call that came in.
type heard struct {
	method, resource, query, requestID, token string
	body                                      map[string]any
	n                                         int // of this method and resource, from 1
}

func newIntuit(t *testing.T) *intuit {
	i := &intuit{
		t: t, preferences: usualPreferences, papers: map[string]map[string]any{},
		customers: `{"Id":"58","DisplayName":"ACME Tower","FullyQualifiedName":"ACME Tower","Active":true,"SyncToken":"0"}`,
	}
	i.server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.server.Close)
	return i
}

const usualPreferences = `{"AccountingInfoPrefs":{"TrackDepartments":true,"ClassTrackingPerTxnLine":true},
 "SalesFormsPrefs":{"CustomTxnNumbers":true,"CustomField":[{"CustomField":[{"Name":"SalesFormsPrefs.UseSalesCustom1","Type":"BooleanType","BooleanValue":true}]},
 {"CustomField":[{"Name":"SalesFormsPrefs.SalesCustomName1","Type":"StringType","StringValue":"PO Number"}]}]},
 "TaxPrefs":{"UsingSalesTax":true,"PartnerTaxEnabled":true},"CurrencyPrefs":{"HomeCurrency":{"value":"USD"}}}`

func (i *intuit) serve(w http.ResponseWriter, r *http.Request) {
	h := heard{
		method: r.Method, resource: strings.TrimPrefix(r.URL.Path, "/v3/company/123/"), query: r.URL.Query().Get("query"),
		requestID: r.URL.Query().Get("requestid"), token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
	}
	if raw, _ := io.ReadAll(r.Body); len(raw) > 0 {
		require.NoError(i.t, json.Unmarshal(raw, &h.body))
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range i.calls {
		if c.method == h.method && c.resource == h.resource {
			h.n++
		}
	}
	h.n++
	i.calls = append(i.calls, h)
	w.Header().Set("intuit_tid", fmt.Sprintf("1-tid-%d", len(i.calls)))
	if i.on == nil || !i.on(h, w) {
		i.usual(h, w)
	}
}

func (i *intuit) usual(h heard, w http.ResponseWriter) {
	name, id, _ := strings.Cut(h.resource, "/")
	switch {
	case name == "companyinfo":
		fmt.Fprint(w, `{"CompanyInfo":{"CompanyName":"Meridian","Country":"US"}}`)
	case name == "preferences":
		fmt.Fprintf(w, `{"Preferences":%s}`, i.preferences)
	case name == "cdc":
		fmt.Fprint(w, `{"CDCResponse":[{"QueryResponse":[{}]}]}`)
	case strings.HasPrefix(h.query, "select * from Customer"):
		fmt.Fprintf(w, `{"QueryResponse":{"Customer":[%s]}}`, i.customers)
	case strings.HasPrefix(h.query, "select * from Item"):
		fmt.Fprint(w, `{"QueryResponse":{"Item":[{"Id":"11","Name":"Labor","Sku":"L-1","Active":true}]}}`)
	case name == "query":
		fmt.Fprint(w, `{"QueryResponse":{}}`)
	case h.method == http.MethodGet:
		if p := i.papers[id]; p != nil {
			i.tell(w, p)
			return
		}
		refuse(w, http.StatusBadRequest, "610", "Object Not Found")
	default:
		i.tell(w, i.write(h.body))
	}
}

// write makes or changes an invoice; its total is what its lines say.
func (i *intuit) write(p map[string]any) map[string]any {
	id, _ := p["Id"].(string)
	if id == "" {
		id = fmt.Sprint(100 + len(i.papers))
		p["SyncToken"] = "0"
		born := i.born
		if born.IsZero() {
			born = time.Now()
		}
		p["MetaData"] = map[string]any{"CreateTime": born.Format(time.RFC3339)}
	} else {
		p["SyncToken"] = p["SyncToken"].(string) + "1"
		p["MetaData"] = i.papers[id]["MetaData"]
	}
	p["Id"] = id
	total := 0.0
	for _, l := range p["Line"].([]any) {
		amount, _ := l.(map[string]any)["Amount"].(float64)
		total += amount
	}
	if tax, ok := p["TxnTaxDetail"].(map[string]any); ok {
		billed, _ := tax["TotalTax"].(float64)
		total += billed
	}
	p["TotalAmt"] = total
	i.papers[id] = p
	return p
}

func (i *intuit) tell(w http.ResponseWriter, p map[string]any) {
	require.NoError(i.t, json.NewEncoder(w).Encode(map[string]any{"Invoice": p}))
}

func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"Fault":{"Error":[{"Message":"Message of %s","Detail":%q,"code":%q,"element":""}],"type":"ValidationFault"},"time":"2026-11-22T06:15:30.123-08:00"}`, code, detail, code)
}

// heardOf lists the calls of a method and resource.
func (i *intuit) heardOf(method, resource string) []heard {
	i.mu.Lock()
	defer i.mu.Unlock()
	var list []heard
	for _, h := range i.calls {
		if h.method == method && h.resource == resource {
			list = append(list, h)
		}
	}
	return list
}

// onWrite answers the first n posts of invoices.
func (i *intuit) onWrite(n int, answer func(w http.ResponseWriter)) {
	i.on = func(h heard, w http.ResponseWriter) bool {
		if h.method != http.MethodPost || h.resource != "invoice" || h.n > n {
			return false
		}
		answer(w)
		return true
	}
}

func (i *intuit) connect(change func(*Config), o Options) *Online {
	i.t.Helper()
	cfg := Config{CompanyID: "123", URL: i.server.URL, AccessToken: connection.NewSecret("token-1"), SettlingTime: time.Second}
	if o.Tokens != nil {
		cfg.AccessToken = connection.Secret{}
		cfg.App = intuitapp.App{
			ClientID: "id", ClientSecret: connection.NewSecret("secret"), AuthorizeURL: "https://intuit.example", TokenURL: "https://intuit.example",
		}
	}
	if change != nil {
		change(&cfg)
	}
	q, err := New(cfg, connector.Settings{Connection: "acme-qbo", Account: "acme", Calls: i.shared}, o)
	require.NoError(i.t, err)
	i.t.Cleanup(func() { require.NoError(i.t, q.Close()) })
	return q
}

func byCode(value string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: value}
}

func byName(value string) *tradepostv1.Reference {
	return &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_NAME, Value: value}
}

func sample() *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: "st-acme-1042",
		Source: &tradepostv1.Source{Account: "acme", InvoiceId: 1042, Total: "237.50"},
		Number: "1042", IssueDate: "2026-11-22", DueDate: "2026-12-22", Currency: "USD",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME Tower", Reference: byName("ACME Tower")},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "2.5", UnitPrice: "95", Amount: "237.50", Description: "Labor",
			Item: &tradepostv1.Item{Reference: byCode("L-1")},
		}},
		Totals: &tradepostv1.Totals{Subtotal: "237.50", Total: "237.50"},
	}
}

const someHash = "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358"

func posting(d *tradepostv1.Document) connector.Posting {
	return connector.Posting{Document: d, DocumentHash: someHash, Generation: 1, Key: "0123456789abcdef0123456789abcdef01234567"}
}
