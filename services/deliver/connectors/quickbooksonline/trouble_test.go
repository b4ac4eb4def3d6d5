package quickbooksonline

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
)

func connectionSecret(s string) connection.Secret { return connection.NewSecret(s) }

// What each answer to a write becomes. The left column is what QuickBooks says.
func TestTheFaultTable(t *testing.T) {
	coded := func(status int, code string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { refuse(w, status, code, "in QuickBooks' words") }
	}
	raw := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status); fmt.Fprint(w, body) }
	}
	const throttleXML = `<?xml version="1.0"?><IntuitResponse time="2014-09-16" xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE">` +
		`<Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=403</Message><Detail>The request limit was reached.</Detail></Error></Fault></IntuitResponse>`
	tests := map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"6140 in a 200":             {coded(200, "6140"), "rejected document.number_taken"},
		"6140":                      {coded(400, "6140"), "rejected document.number_taken"},
		"another code, 6140's text": {raw(400, `{"Fault":{"Error":[{"Message":"Duplicate Document Number Error","code":"6210x"}],"type":"ValidationFault"}}`), "rejected document.number_taken"},
		"6200":                      {coded(400, "6200"), "rejected document.date_closed"},
		"6210":                      {coded(400, "6210"), "rejected document.date_closed"},
		"610":                       {coded(400, "610"), "rejected accounting.reference_gone"},
		"2500":                      {coded(400, "2500"), "rejected accounting.reference_gone"},
		"6250":                      {coded(400, "6250"), "rejected accounting.reference_gone"},
		"6000":                      {coded(400, "6000"), "rejected accounting.refused"},
		"2050":                      {coded(400, "2050"), "rejected accounting.refused"},
		"6070":                      {coded(400, "6070"), "rejected accounting.refused"},
		"no code":                   {raw(400, `{"Fault":{"Error":[{"Message":"odd"}],"type":"ValidationFault"}}`), "rejected accounting.refused"},
		"413":                       {raw(413, "too large"), "rejected accounting.refused"},
		"3200":                      {coded(401, "3200"), "wait connection signed_out"},
		"3200 in lower case":        {raw(401, `{"warnings":null,"fault":{"error":[{"message":"x","code":"3200"}],"type":"AUTHENTICATION"}}`), "wait connection signed_out"},
		"401 without a body":        {raw(401, ""), "wait connection signed_out"},
		"100":                       {coded(401, "100"), "wait connection signed_out"},
		"120":                       {coded(401, "120"), "wait connection forbidden"},
		"5020":                      {coded(400, "5020"), "wait connection forbidden"},
		"403":                       {raw(403, `{"Fault":{"Error":[{"Message":"AuthorizationFailed","code":"3100"}],"type":"SERVICE"}}`), "wait connection forbidden"},
		"429":                       {raw(429, ""), "wait connection throttled"},
		"429 as a 403 in XML":       {raw(403, throttleXML), "wait connection throttled"},
		"throttled in words alone":  {raw(403, `{"Fault":{"Error":[{"Message":"message=ThrottleExceeded","code":"0"}],"type":"SERVICE"}}`), "wait connection throttled"},
		"003001":                    {coded(403, "003001"), "wait connection throttled"},
		"6190":                      {coded(400, "6190"), "wait connection subscription_ended"},
		"140":                       {coded(400, "140"), "wait connection subscription_ended"},
		"5030":                      {coded(400, "5030"), "wait connection feature_off"},
		"150":                       {coded(400, "150"), "wait connection unreachable"},
		"130":                       {coded(400, "130"), "wait connection unreachable"},
		"some other server":         {raw(404, "<html>not here</html>"), "wait connection unreachable"},
		"a redirect":                {raw(302, ""), "wait connection unreachable"},
		"600":                       {coded(400, "600"), "uncertain"},
		"10000":                     {coded(500, "10000"), "uncertain"},
		"10000 in a 400":            {coded(400, "10000"), "uncertain"},
		"500 of the gateway":        {raw(500, `{"fault":{"error":[{"message":"InternalServerError","code":"3100"}],"type":"SERVICE"}}`), "uncertain"},
		"502":                       {raw(502, "<html><h1>502 Bad Gateway</h1></html>"), "uncertain"},
		"504":                       {raw(504, ""), "uncertain"},
		"408":                       {raw(408, ""), "uncertain"},
		"an empty 200":              {raw(200, ""), "uncertain"},
		"half a 200":                {raw(200, `{"Invoice":{"Id":"1","Sync`), "uncertain"},
		"a 200 in XML":              {raw(200, `<IntuitResponse><Invoice><Id>1</Id></Invoice></IntuitResponse>`), "uncertain"},
		"a 200 of something else":   {raw(200, `{"Estimate":{"Id":"1"}}`), "uncertain"},
		"a 200 that is a list":      {raw(200, `[1]`), "uncertain"},
		"a fault without errors":    {raw(200, `{"Fault":{"type":"SystemFault"}}`), "uncertain"},
		"a fault of two":            {raw(400, `{"Fault":{"Error":[{"code":"2050"},{"code":"6190"}],"type":"ValidationFault"}}`), "wait connection subscription_ended"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			i := newIntuit(t)
			i.onWrite(99, tt.answer)
			traces := &connector.Traces{}
			answer := i.connect(nil, Options{}).Create(connector.WithTraces(t.Context(), traces), posting(sample()))
			require.Equal(t, tt.want, wordsOf(answer), "%+v", answer)
			require.Contains(t, traces.String(), "1-tid-", "Intuit's id of the call is kept")
		})
	}
}

func wordsOf(a connector.Answer) string {
	switch a := a.(type) {
	case connector.Rejected:
		codes := make([]string, len(a.Faults))
		for n, f := range a.Faults {
			codes[n] = f.GetCode()
		}
		return "rejected " + strings.Join(codes, " ")
	case connector.Wait:
		return "wait " + map[bool]string{true: "connection ", false: "invoice "}[a.Scope == wholeConnection] + a.Reason
	case connector.Uncertain:
		return "uncertain"
	default:
		return fmt.Sprintf("%T", a)
	}
}

// Every class of the table is ranked, and every code is in one class.
func TestEveryClassHasAPlace(t *testing.T) {
	seen := map[string]class{}
	for c, codes := range classes {
		require.GreaterOrEqual(t, rank(c), 0, c)
		for _, code := range codes {
			require.NotContains(t, seen, code)
			seen[code] = c
		}
	}
	require.GreaterOrEqual(t, rank(classRefused), 0)
}

func TestThrottlingIsToldToEverybody(t *testing.T) {
	i := newIntuit(t)
	i.onWrite(99, func(w http.ResponseWriter) { w.Header().Set("Retry-After", "17"); w.WriteHeader(429) })
	held := &holding{}
	i.shared = func(l connector.CallLimits) connector.CallLimiter {
		require.Equal(t, connector.CallLimits{
			System: "quickbooksonline", App: "the app", Company: "123", Parallel: 10, ReadBudget: 500_000,
			PerCompany: []connector.Rate{{Calls: 500, Per: time.Minute}, {Calls: 10, Per: time.Second}},
		}, l)
		return held
	}
	wait := i.connect(func(c *Config) {
		c.App.ClientID, c.App.ClientSecret, c.ReadBudget = "the app", connection.NewSecret("s"), 500_000
	}, Options{}).Create(t.Context(), posting(sample())).(connector.Wait)
	require.Equal(t, 17*time.Second, wait.For)
	require.Equal(t, 17*time.Second, held.held)
	require.Equal(t, held.taken, held.given)
	require.Equal(t, held.taken-1, held.read, "reads are metered, and the write is not")
	require.Equal(t, holdFor, retryAfter(""), "without a header it is Intuit's minute")
	require.Equal(t, holdFor, retryAfter("soon"))
}

// The words of a refusal are part of what a comment is known by: each try that meets the
// same one tells the same.
func TestARefusalSaysTheSameEachTime(t *testing.T) {
	i := newIntuit(t)
	i.onWrite(99, func(w http.ResponseWriter) { refuse(w, 400, "6000", "Business Validation Error") })
	rejected := i.connect(nil, Options{}).Create(t.Context(), posting(sample())).(connector.Rejected)
	require.Equal(t, "Message of 6000: Business Validation Error (code 6000)", rejected.Faults[0].GetVendorText(), "the same each time")
	require.Regexp(t, `^1-tid-\d+$`, rejected.Faults[0].GetVendorTraceId())
}

// A write that hangs is given up with the call's time, and may have been made.
func TestAWriteThatHangsIsDoubt(t *testing.T) {
	i := newIntuit(t)
	q := i.connect(nil, Options{})
	require.NoError(t, q.books.have(t.Context(), customerRecords, itemRecords))
	_, err := q.preferences(t.Context())
	require.NoError(t, err)
	ctx, cancel := contextWithTimeout(t, 200*time.Millisecond)
	defer cancel()
	over := make(chan struct{})
	i.on = func(h heard, _ http.ResponseWriter) bool {
		<-over
		return false
	}
	answer := q.Create(ctx, posting(sample()))
	close(over) // An answer right at the end of the call's time may be read yet.
	require.IsType(t, connector.Uncertain{}, answer)
}

// Whatever comes back: it is read without a panic, and never taken for a success when
// it holds a fault.
func FuzzParseFaults(f *testing.F) {
	f.Add([]byte(`{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"6140","element":"e"}],"type":"ValidationFault"}}`))
	f.Add([]byte(`{"fault":{"error":[{"code":3200}]}}`))
	f.Add([]byte(`<IntuitResponse><Fault type="SERVICE"><Error code="003001"/></Fault></IntuitResponse>`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Add([]byte(`{"Fault":{"Error":"one"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		faults, understood := parseFaults(text)
		var generic map[string]json.RawMessage
		if understood && len(faults) == 0 && json.Unmarshal(text, &generic) == nil {
			for key, v := range generic {
				require.False(t, strings.EqualFold(key, "fault") && strings.HasPrefix(string(v), "{") && len(generic) == 1, "a fault was not seen")
			}
		}
		for _, one := range faults {
			_ = one.String()
			require.GreaterOrEqual(t, rank(classOf(one.Code)), 0)
		}
	})
}

// A marker that is not recognised is a document that Find does not find, and that is
// made a second time.
func TestEveryMarkerOfAnInvoiceIsFound(t *testing.T) {
	for _, marker := range invoice.Markers("acme-2", 1042) {
		got, ok := stampOf(stamp{marker: marker, check: "AAAAAAAAAAA"}.text())
		require.True(t, ok, marker)
		require.Equal(t, marker, got.marker)
	}
}

// What is written as a stamp is read again, wherever it stands in a note.
func TestAStampIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stamp{
			marker: rapid.StringMatching(`st-[a-z0-9-]{1,40}-[0-9]{1,19}(-c)?(-v)?`).Draw(t, "marker"),
			hash:   rapid.StringMatching(`([0-9a-f]{64})?`).Draw(t, "hash"),
			check:  rapid.StringMatching(`[A-Za-z0-9_-]{11}`).Draw(t, "check"),
			issued: rapid.StringMatching(`(2026-[01][0-9]-[0-3][0-9])?`).Draw(t, "issued"),
		}
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		got, ok := stampOf(unstamped(before) + s.text() + unstamped(after))
		require.True(t, ok)
		require.Equal(t, s, got)
		_, ok = stampOf(unstamped(before + s.text() + after))
		require.False(t, ok, "text of an invoice is never a stamp")
	})
}

func TestEveryFaultThatIsRaisedIsInTheCatalogue(t *testing.T) {
	for _, code := range []string{
		"accounting.reference_gone", "customer.name_taken", "customer.inactive_in_books", "class.not_in_books", "department.not_in_books",
		"field.not_in_books", "item.account_differs", "tax.several_codes", "document.feature_off", "document.field_refused", "text.shortened",
		"connection.subscription_ended",
	} {
		e, known := fault.Lookup(code)
		require.True(t, known, code)
		require.False(t, e.Reserved, code)
	}
}

// QuickBooks repeats the answer to a request id that it knows: a refusal during its
// maintenance must not be told for ever.
func TestWhatWasRefusedDuringMaintenanceIsTriedUnderAnotherRequestID(t *testing.T) {
	for _, code := range []string{"130", "150", "120", "5020"} {
		t.Run(code, func(t *testing.T) {
			i := newIntuit(t)
			over, refused := false, map[string]bool{}
			i.on = func(h heard, w http.ResponseWriter) bool {
				if h.method != http.MethodPost || h.resource != "invoice" || over && !refused[h.requestID] {
					return false
				}
				refused[h.requestID] = true
				refuse(w, 400, code, "Company under maintenance")
				return true
			}
			q := i.connect(nil, Options{})
			_, posted := q.Create(t.Context(), posting(sample())).(connector.Posted)
			require.False(t, posted)
			i.mu.Lock()
			over = true
			i.mu.Unlock()
			postedBy(t, q.Create(t.Context(), posting(sample())))
		})
	}
}
