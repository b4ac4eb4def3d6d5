package quickbooks_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func (c *client) order(o quickbooks.Order) {
	c.t.Helper()
	_, err := c.stand.API.Order(o)
	require.NoError(c.t, err)
}

func TestOrderedAnswers(t *testing.T) {
	for name, at := range map[string]struct {
		order  quickbooks.Order
		status int
		kind   string
		text   string
	}{
		"429":                {quickbooks.Order{Fault: quickbooks.FaultThrottled}, 429, "application/xml", "errorCode=003001; statusCode=429"},
		"429 as JSON":        {quickbooks.Order{Fault: quickbooks.FaultThrottled, Form: "json"}, 429, "application/json", `"code":"3001"`},
		"429 as 403":         {quickbooks.Order{Fault: quickbooks.FaultThrottled, Form: "403"}, 403, "application/xml", "errorCode=003001; statusCode=403"},
		"503":                {quickbooks.Order{Fault: quickbooks.FaultServerError}, 503, "text/html", "503 Service Unavailable"},
		"504":                {quickbooks.Order{Fault: quickbooks.FaultServerError, Status: 504}, 504, "text/html", "504 Gateway Timeout"},
		"500":                {quickbooks.Order{Fault: quickbooks.FaultServerError, Status: 500}, 500, "application/json", "errorCode=003100; statusCode=500"},
		"500 as XML":         {quickbooks.Order{Fault: quickbooks.FaultServerError, Status: 500, Form: "xml"}, 500, "application/xml", "<Fault"},
		"refused":            {quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "6190"}, 400, "application/json", "Invalid Company Status"},
		"refused with 200":   {quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "6240", Form: "200"}, 200, "application/json", `{"Fault":{"Error":[{"Message":"Duplicate Name`},
		"refused as XML":     {quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "5010", Form: "xml"}, 400, "application/xml", `<Error code="5010">`},
		"access lost":        {quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "120"}, 401, "application/json", `"AuthorizationFault"`},
		"signed out by code": {quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "3200"}, 401, "application/json", `"fault":{"error"`},
		"unknown code":       {quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "9876"}, 400, "application/json", `"code":"9876"`},
		"signed out":         {quickbooks.Order{Fault: quickbooks.FaultSignedOut}, 401, "application/json", "3200"},
		"revoked":            {quickbooks.Order{Fault: quickbooks.FaultRevoked}, 401, "application/json", "3200"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, quickbooks.Options{})
			at.order.Next, at.order.Resource = 1, "invoice"
			c.order(at.order)
			require.Equal(t, http.StatusOK, c.get("item/1").status, "it is about invoices")
			a := c.post("invoice", sale("1"))
			require.Equal(t, at.status, a.status, a.raw)
			require.Contains(t, a.header.Get("Content-Type"), at.kind)
			require.Contains(t, a.raw, at.text)
			require.NotEmpty(t, a.header.Get("intuit_tid"))
			require.Empty(t, c.stand.API.Objects(c.realm, "Invoice"), "nothing was made")
			require.Equal(t, 1, c.stand.API.Orders()[0].Struck)
			c = c.at(c.realm)
			c.made("Invoice", sale("1"))
		})
	}
}

func TestARevokedConnectionStaysSo(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.token = given.Access
	c.order(quickbooks.Order{Fault: quickbooks.FaultRevoked, Next: 1})
	require.Equal(t, http.StatusUnauthorized, c.get("item/1").status)
	require.Equal(t, "invalid_grant", c.refresh(given.Refresh).body["error"])
	require.Equal(t, http.StatusOK, c.at(c.realm).get("item/1").status, "another connection lives")
}

func TestRetryAfterAndCounts(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.order(quickbooks.Order{Fault: quickbooks.FaultThrottled, RetryAfter: 60 * time.Second, Next: 2})
	require.Equal(t, "60", c.get("item/1").header.Get("Retry-After"))
	require.Equal(t, http.StatusTooManyRequests, c.get("item/1").status)
	require.Equal(t, http.StatusOK, c.get("item/1").status)
	count := c.stand.API.Counts(c.realm)
	require.Equal(t, map[string]int{"ordered": 2}, count.Reasons)
	require.Equal(t, 2, count.Throttled)
}

func TestFaultsOfTheTokenEndpoint(t *testing.T) {
	c := serve(t, quickbooks.Options{RotateAfter: -1})
	given, err := c.stand.API.Connect(c.realm)
	require.NoError(t, err)
	c.order(quickbooks.Order{Fault: quickbooks.FaultServerError, Resource: "token", Next: 1})
	require.Equal(t, http.StatusServiceUnavailable, c.refresh(given.Refresh).status)
	c.order(quickbooks.Order{Fault: quickbooks.FaultRefused, Code: "invalid_grant", Resource: "token", Next: 1})
	require.Equal(t, "invalid_grant", c.refresh(given.Refresh).body["error"])
	c.order(quickbooks.Order{Fault: quickbooks.FaultErrorAfter, Resource: "token", Next: 1})
	require.Equal(t, http.StatusServiceUnavailable, c.refresh(given.Refresh).status)
	require.Equal(t, 1, c.stand.API.Grants(c.realm)[1].Rotations, "the answer was lost, the token is another")
	require.Equal(t, http.StatusOK, c.refresh(given.Refresh).status, "the grace saves it")
}

func TestSlowAndStaleAnswers(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	c.order(quickbooks.Order{Fault: quickbooks.FaultStaleList, Age: 30 * time.Second, Resource: "query"})
	inv := c.made("Invoice", sale("1"))
	require.Empty(t, c.rows("select * from Invoice"))
	require.Equal(t, http.StatusOK, c.get("invoice/"+text(inv["Id"])).status)
	now.Add(30 * time.Second)
	require.Len(t, c.rows("select * from Invoice"), 1)

	c.order(quickbooks.Order{Fault: quickbooks.FaultLatency, Delay: time.Hour, Resource: "item"})
	ctx := c.request("GET", c.path("item/1"), "", nil)
	short, cancel := withTimeout(t, 50*time.Millisecond)
	defer cancel()
	_, err := c.try(ctx.WithContext(short))
	require.Error(t, err, "it hangs")
}

func TestOrdersThatAreRefused(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	for want, order := range map[string]quickbooks.Order{
		"must be one of latency":        {Fault: "drift"},
		"code is required for refused":  {Fault: quickbooks.FaultRefused},
		"resource must be one of query": {Fault: quickbooks.FaultThrottled, Resource: "job"},
		"path must begin with /v3/comp": {Fault: quickbooks.FaultThrottled, Path: "/api/x"},
		"form must be one of json":      {Fault: quickbooks.FaultThrottled, Form: "poem"},
		"method must be one of GET, PO": {Fault: quickbooks.FaultThrottled, Method: "PUT"},
	} {
		_, err := c.stand.API.Order(order)
		require.ErrorContains(t, err, want)
	}
}

func TestAScenarioOfFaults(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	require.NoError(t, c.stand.API.Play("day.yaml", []byte("steps:\n  - at: 0s\n    fault: refused\n    code: \"6190\"\n    resource: invoice\n    next: 1\n  - when: 1\n    fault: throttled\n    form: json\n    name: busy\n  - when: 4\n    cancel: busy\n")))
	requireFault(t, c.post("invoice", sale("1")), 400, "6190")
	requireFault(t, c.post("invoice", sale("1")), 429, "3001")
	c.stand.API.ClearOrders()
	c.made("Invoice", sale("1"))
	require.ErrorContains(t, c.stand.API.Play("x.yaml", []byte("steps:\n  - at: 0s\n    fault: drift\n")), "must be one of")
}

// Whatever goes wrong, a client that repeats with the same requestid gets each
// invoice made once.
func TestEveryFaultAtOnce(t *testing.T) {
	require.Equal(t, []string{"bad-month-end", "every-fault"}, quickbooks.Scenarios())
	c := serve(t, quickbooks.Options{})
	for _, name := range quickbooks.Scenarios() {
		file, text, err := quickbooks.ReadScenario(name)
		require.NoError(t, err)
		require.NoError(t, c.stand.API.Play(file, text))
	}
	seen := map[int]int{}
	for i := range 60 {
		for range 50 {
			body := `{"CustomerRef":{"value":"1"},"DocNumber":"E` + strconv.Itoa(i) + `","Line":[{"DetailType":"SalesItemLineDetail","Amount":1,"SalesItemLineDetail":{"ItemRef":{"value":"1"}}}]}`
			a, err := c.try(c.request("POST", c.path("invoice?requestid=e"+strconv.Itoa(i)), "application/json", strings.NewReader(body)))
			seen[a.status]++
			if a.status == http.StatusUnauthorized {
				c = c.at(c.realm)
			}
			if err == nil && a.body["Invoice"] != nil {
				break
			}
		}
	}
	require.Len(t, c.stand.API.Objects(c.realm, "Invoice"), 60)
	require.Greater(t, len(seen), 4, "%v", seen)
}

func TestAFunctionOfATest(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	c.stand.SetFaults(func(r *http.Request) *quickbooks.Fault {
		if r.Method == http.MethodPost {
			return &quickbooks.Fault{Status: 502}
		}
		return nil
	})
	require.Equal(t, http.StatusBadGateway, c.post("invoice", sale("1")).status)
	require.Equal(t, http.StatusOK, c.get("item/1").status)
	log := c.stand.API.Requests(quickbooks.RequestFilter{Method: "POST"})
	require.Equal(t, "status 502", log[len(log)-1].Fault)
}
