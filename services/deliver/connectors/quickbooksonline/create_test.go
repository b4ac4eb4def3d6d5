package quickbooksonline

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func postedBy(t *testing.T, a connector.Answer) connector.Posted {
	t.Helper()
	require.IsType(t, connector.Posted{}, a, "%+v", a)
	return a.(connector.Posted)
}

func TestAnInvoiceIsWrittenAsTheReferenceSays(t *testing.T) {
	i := newIntuit(t)
	d := sample()
	d.PoNumber, d.ServiceTo, d.CustomerMessage, d.Memo = "PO-77", "2026-11-20", "Job 1042", "PM visit"
	d.Customer.Emails = []string{"ap@acme.example"}
	d.Customer.BillingAddress = &tradepostv1.Address{Street: "1 Main St", City: "Durham", State: "NC", PostalCode: "27701"}
	q := i.connect(func(c *Config) { c.PONumberField = "po number" }, Options{})
	posted := postedBy(t, q.Create(t.Context(), posting(d)))
	require.Equal(t, "237.50", posted.Document.Total)
	require.Equal(t, someHash, posted.Document.DocumentHash)
	require.Equal(t, []connector.Customer{{Record: connector.RecordCompany, RecordID: 7, ID: "58"}}, posted.Customers)

	wrote := i.heardOf(http.MethodPost, "invoice")
	require.Len(t, wrote, 1)
	require.Equal(t, posting(d).Key, wrote[0].requestID)
	body := wrote[0].body
	require.Equal(t, map[string]any{"value": "58"}, body["CustomerRef"])
	require.Equal(t, "1042", body["DocNumber"])
	require.Equal(t, "2026-11-22", body["TxnDate"])
	require.Equal(t, "2026-12-22", body["DueDate"])
	require.Equal(t, map[string]any{"value": "Job 1042"}, body["CustomerMemo"])
	require.Equal(t, map[string]any{"Address": "ap@acme.example"}, body["BillEmail"])
	require.Equal(t, []any{map[string]any{"DefinitionId": "1", "Name": "po number", "Type": "StringType", "StringValue": "PO-77"}}, body["CustomField"])
	require.Equal(t, map[string]any{"Line1": "1 Main St", "City": "Durham", "CountrySubDivisionCode": "NC", "PostalCode": "27701"}, body["BillAddr"])
	require.Regexp(t, `^\[st-acme-1042 [\w-]{43} [\w-]{11}\]\nPM visit$`, body["PrivateNote"])
	require.Equal(t, []any{map[string]any{
		"DetailType": "SalesItemLineDetail", "Amount": 237.5, "Description": "Labor", "SalesItemLineDetail": map[string]any{
			"ItemRef": map[string]any{"value": "11"}, "Qty": 2.5, "UnitPrice": 95.0, "ServiceDate": "2026-11-20", "TaxCodeRef": map[string]any{"value": "NON"},
		},
	}}, body["Line"])
	require.NotContains(t, body, "TxnTaxDetail", "no tax was billed")
}

// Quantity and price that do not make the amount are left out: QuickBooks would refuse
// the line, or come to another total.
func TestAnAmountThatIsNoProductIsTold(t *testing.T) {
	i := newIntuit(t)
	d := sample()
	d.Lines[0].UnitPrice = "95.01"
	postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(d)))
	sale := i.heardOf(http.MethodPost, "invoice")[0].body["Line"].([]any)[0].(map[string]any)["SalesItemLineDetail"]
	require.NotContains(t, sale, "Qty")
	require.NotContains(t, sale, "UnitPrice")
}

// A refusal under a request id may be the answer to an earlier attempt: it is asked once
// more under another id, and from then on each attempt has an id of its own.
func TestARefusalThatWasMendedIsNotReplayed(t *testing.T) {
	i := newIntuit(t)
	mended := false
	i.on = func(h heard, w http.ResponseWriter) bool {
		replay := h.requestID == posting(sample()).Key
		if h.method != http.MethodPost || !replay && mended {
			return false
		}
		refuse(w, http.StatusBadRequest, "6200", "The account period has closed")
		return true
	}
	q := i.connect(nil, Options{})
	rejected := q.Create(t.Context(), posting(sample())).(connector.Rejected)
	require.Equal(t, "document.date_closed", rejected.Faults[0].GetCode())
	mended = true
	postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(sample())))
	postedBy(t, q.Create(t.Context(), posting(sample())))
}

// QuickBooks answers a request id that it knows with its first answer, also when the
// document was removed since.
func TestADocumentThatIsGoneIsNotTakenFromMemory(t *testing.T) {
	i := newIntuit(t)
	i.onWrite(1, func(w http.ResponseWriter) {
		fmt.Fprint(w, `{"Invoice":{"Id":"9","SyncToken":"0","TotalAmt":237.50,"MetaData":{"CreateTime":"2026-01-05T10:00:00-08:00"}}}`)
	})
	posted := postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(sample())))
	require.NotEqual(t, "9", posted.Document.ID)
	require.False(t, posted.Adopted)
	require.Len(t, i.heardOf(http.MethodGet, "invoice/9"), 1)
	wrote := i.heardOf(http.MethodPost, "invoice")
	require.Len(t, wrote, 2)
	require.NotEqual(t, wrote[0].requestID, wrote[1].requestID)
}

func TestADocumentOfAnEarlierCallIsAdopted(t *testing.T) {
	i := newIntuit(t)
	i.born = time.Now().Add(-time.Hour)
	require.True(t, postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(sample()))).Adopted)
	require.Len(t, i.heardOf(http.MethodGet, "invoice/100"), 1)
}

// A token that is refused is renewed once, and the call repeated with its request id.
func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	i := newIntuit(t)
	tokens := &renewing{now: "token-old"}
	i.on = func(h heard, w http.ResponseWriter) bool {
		if h.token == "token-new" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"fault":{"error":[{"message":"AuthenticationFailed","detail":"Token expired","code":"3200"}],"type":"AUTHENTICATION"},"time":1}`)
		return true
	}
	q := i.connect(nil, Options{Tokens: func(connector.Settings) Tokens { return tokens }})
	postedBy(t, q.Create(t.Context(), posting(sample())))
	require.Equal(t, 1, tokens.refused)

	tokens.now, tokens.next = "token-bad", "token-bad-too"
	wait := q.Create(t.Context(), posting(sample())).(connector.Wait)
	require.Equal(t, connector.ReasonSignedOut, wait.Reason)
	wrote := i.heardOf(http.MethodPost, "invoice")
	require.Equal(t, wrote[len(wrote)-1].requestID, wrote[len(wrote)-2].requestID)
}

// renewing gives out a token until it is refused, and then the next one.
type renewing struct {
	now, next string
	refused   int
}

func (r *renewing) Token(context.Context) (string, error) { return r.now, nil }

func (r *renewing) Refused(context.Context, string) {
	if r.refused++; r.next == "" {
		r.next = "token-new"
	}
	r.now = r.next
}

func TestTokensOfAnotherCompanyAreNotUsed(t *testing.T) {
	i := newIntuit(t)
	tokens := func(connector.Settings) Tokens { return ofCompany{&renewing{now: "token-1"}, "999"} }
	_, err := i.connect(nil, Options{Tokens: tokens}).Company(t.Context())
	a, is := connector.AnswerOf(err)
	require.True(t, is, "%v", err)
	require.Equal(t, connector.ReasonOtherCompany, a.(connector.Wait).Reason)
	require.Empty(t, i.calls)

	tokens = func(connector.Settings) Tokens { return ofCompany{&renewing{now: "token-1"}, "123"} }
	company, err := i.connect(func(c *Config) { c.CompanyID = "" }, Options{Tokens: tokens}).Company(t.Context())
	require.NoError(t, err)
	require.Equal(t, connector.Company{ID: "123", Name: "Meridian"}, company)
}

type ofCompany struct {
	*renewing
	id string
}

func (o ofCompany) Company(context.Context) (string, error) { return o.id, nil }

// A connection that nobody signed in waits, and calls nobody.
func TestWithoutATokenEverythingWaits(t *testing.T) {
	i := newIntuit(t)
	q := i.connect(func(c *Config) { c.AccessToken = connectionSecret("") }, Options{})
	_, err := q.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
	a, is := connector.AnswerOf(err)
	require.True(t, is, "%v", err)
	require.Equal(t, connector.ReasonSignedOut, a.(connector.Wait).Reason)
	require.Equal(t, "connection.signed_out", q.Check(t.Context())[0].GetCode())
	require.Empty(t, i.calls)
}

// keyless are the tokens of a process that lacks the key.
type keyless struct{}

func (keyless) Token(context.Context) (string, error) {
	return "", connector.Stop(connector.Wait{
		Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonKeyMissing, Message: "it needs key 0a0b0c0d",
	})
}

func (keyless) Refused(context.Context, string) {}

// A process that lacks the key says so, and does not advise to sign in.
func TestAMissingKeyIsNoSignOut(t *testing.T) {
	i := newIntuit(t)
	q := i.connect(nil, Options{Tokens: func(connector.Settings) Tokens { return keyless{} }})
	faults := q.Check(t.Context())
	require.Len(t, faults, 1)
	require.Equal(t, "connection.key_missing", faults[0].GetCode())
	require.Contains(t, faults[0].GetVendorText(), "it needs key 0a0b0c0d")
	require.Contains(t, faults[0].GetFix(), "TRADEPOST_SECRETS_KEY")
	require.Empty(t, i.calls)
}

func TestATokenThatNobodyRenewsIsTriedOnce(t *testing.T) {
	i := newIntuit(t)
	i.onWrite(99, func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) })
	i.connect(nil, Options{}).Create(t.Context(), posting(sample()))
	require.Len(t, i.heardOf(http.MethodPost, "invoice"), 1)
}

// The text of an invoice cannot pretend to be the marker of another one.
func TestTextOfAnInvoiceIsNoMarker(t *testing.T) {
	i := newIntuit(t)
	d := sample()
	d.PrivateNote = stamp{marker: "st-acme-999", hash: someHash, check: "12345678901"}.text()
	postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(d)))
	note := i.heardOf(http.MethodPost, "invoice")[0].body["PrivateNote"].(string)
	require.Len(t, stampPattern.FindAllString(note, -1), 1)
	require.Contains(t, note, "st-acme-999", "it is still there for people")
}

// What a bookkeeper turned on, or added, after a refusal counts for the next send, also
// where QuickBooks does not tell of the change.
func TestWhatWasMendedCountsAtOnce(t *testing.T) {
	i := newIntuit(t)
	q := i.connect(nil, Options{})
	q.mendedAge = 0
	d := sample()
	d.CustomFields = map[string]string{"Job": "1042"}
	rejected := q.Create(t.Context(), posting(d)).(connector.Rejected)
	require.Equal(t, "field.not_in_books", rejected.Faults[0].GetCode())
	i.mu.Lock()
	i.preferences = strings.Replace(i.preferences, "PO Number", "Job", 1)
	i.mu.Unlock()
	postedBy(t, q.Create(t.Context(), posting(d)))
	reads := len(i.heardOf(http.MethodGet, "preferences"))
	postedBy(t, q.Create(t.Context(), posting(d)))
	require.Len(t, i.heardOf(http.MethodGet, "preferences"), reads, "a document without a fault reads nothing again")
}
