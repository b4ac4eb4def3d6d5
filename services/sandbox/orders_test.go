package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestWebhooksToOrder(t *testing.T) {
	got := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a broken message shows as a missing one
		got <- string(body)
	}))
	defer receiver.Close()
	s, c := ready(t, sandbox.Options{})
	require.Equal(t, 200, c.send("POST", "/api/webhook", map[string]any{"hookUrl": receiver.URL + "/hooks/abc"}).status)
	ids := s.API.Invoices()
	touch := func(i int) { require.NoError(t, s.API.SetStatus(ids[i].ID, "failed")) }
	expect := func(want ...int) {
		t.Helper()
		for _, i := range want {
			require.Contains(t, <-got, strconv.FormatInt(ids[i].ID, 10))
		}
	}
	order(t, s, sandbox.Order{Fault: sandbox.FaultWebhookDrop, Next: 1, Resource: "invoice"})
	order(t, s, sandbox.Order{Fault: sandbox.FaultWebhookDrop, Next: 1, Path: "/others/*"})
	touch(0)
	touch(1)
	expect(1)
	order(t, s, sandbox.Order{Fault: sandbox.FaultWebhookDouble, Next: 1, Path: "/hooks/*"})
	touch(2)
	expect(2, 2)
	order(t, s, sandbox.Order{Fault: sandbox.FaultWebhookReorder, Next: 1})
	touch(3)
	touch(4)
	expect(4, 3)
	order(t, s, sandbox.Order{Fault: sandbox.FaultWebhookDelay, Delay: 3 * time.Second, Next: 1})
	touch(5)
	touch(6)
	expect(6, 5)
	struck := 0
	for _, o := range s.API.Orders() {
		struck += o.Struck
	}
	require.Equal(t, 4, struck, "the order for another address never struck")
	require.Empty(t, got)
}

func TestWrongOrdersAreRefused(t *testing.T) {
	s, _ := ready(t, sandbox.Options{})
	_, err := s.API.Order(sandbox.Order{Fault: sandbox.FaultLatency, Next: 1, Every: 2})
	var wrong *sandbox.OrderError
	require.ErrorAs(t, err, &wrong)
	require.Len(t, wrong.Problems, 2)
	require.Empty(t, s.API.Orders())
}

// Orders come and go while clients work.
func TestOrdersUnderLoad(t *testing.T) {
	s, c := ready(t, sandbox.Options{SessionsPerUser: 100})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 30 {
				id, err := s.API.Order(sandbox.Order{
					Fault:       []sandbox.FaultKind{sandbox.FaultThrottled, sandbox.FaultStaleList, sandbox.FaultDrift, sandbox.FaultWebhookDrop}[worker],
					Probability: 0.5, Times: 5,
				})
				if err != nil {
					t.Error(err)
				}
				res, err := http.DefaultClient.Do(c.request("GET", "/api/invoice?page="+strconv.Itoa(i%3), "", nil))
				if err != nil {
					t.Error(err)
					continue
				}
				_ = res.Body.Close()
				s.API.Orders()
				if i%2 == 0 {
					_ = s.API.Cancel(id)
				}
				_ = s.API.SetStatus(s.API.Invoices()[i].ID, "failed")
			}
		})
	}
	wg.Wait()
	require.Len(t, s.API.Orders(), 120)
}

func TestFaultsOnThePage(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	empty := c.get("/faults").raw
	for _, want := range []string{"None: the API behaves.", "Cut after the work", `value="webhook-reorder"`, `name="page_size"`} {
		require.Contains(t, empty, want)
	}
	made := c.form("/faults", url.Values{
		"fault": {"throttled"}, "retry_after": {"30s"}, "method": {"GET"}, "resource": {"invoice"}, "path": {""}, "often": {"next"},
		"number": {" 1 "}, "seed": {""}, "for": {"10m"}, "times": {""}, "name": {"<b>busy</b>"},
	})
	require.Equal(t, 200, made.status)
	require.Contains(t, made.raw, "Throttled: 429, Retry-After 30s")
	require.Contains(t, made.raw, "&lt;b&gt;busy")
	require.Equal(t, 429, c.get("/api/invoice").status)
	require.Contains(t, c.get("/requests").raw, "Throttled: 429, Retry-After 30s (order 1, &lt;b&gt;busy")
	require.Contains(t, c.get("/faults").raw, "Orders that ended: 1")
	c.form("/faults", url.Values{"fault": {"drift"}, "often": {"probability"}, "number": {"0.3"}, "seed": {"9"}})
	require.Contains(t, c.get("/faults").raw, "chance 0.3, seed 9")
	require.Equal(t, 200, c.form("/faults/2/cancel", nil).status)
	require.False(t, s.API.Orders()[0].Active)
	for want, form := range map[string]url.Values{
		"next must be a whole number":   {"fault": {"cut-before"}, "often": {"next"}, "number": {""}},
		"delay is required for latency": {"fault": {"latency"}},
		"How often must be":             {"fault": {"cut-before"}, "often": {"rarely"}},
		"fault is missing":              {},
	} {
		a := c.form("/faults", form)
		require.Equal(t, 400, a.status)
		require.Contains(t, a.raw, want)
	}
	require.Equal(t, 404, c.form("/faults/77/cancel", nil).status)
	scenario, err := sandbox.LoadScenario("bad-day")
	require.NoError(t, err)
	require.NoError(t, s.API.Play(scenario))
	require.Contains(t, c.get("/faults").raw, "Scenario a bad day")
	require.Contains(t, c.form("/faults/clear", nil).raw, "None: the API behaves.")
}

func TestFaultsByControlAPI(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	made := c.send("POST", "/_sandbox/faults", `{"fault":"latency","delay":"1ms","every":2,"path":"/api/invoice/**"}`)
	require.Equal(t, 200, made.status, made.raw)
	require.Equal(t, true, made.body["active"])
	require.Equal(t, "1ms", made.body["order"].(map[string]any)["delay"])
	c.get("/api/invoice")
	c.get("/api/invoice")
	listed := c.get("/_sandbox/faults").body["orders"].([]any)[0].(map[string]any)
	require.Equal(t, []string{"2", "1"}, []string{number(listed["seen"]), number(listed["struck"])})
	for want, body := range map[string]string{
		"colour is not known":                `{"fault":"latency","delay":"1s","colour":"red"}`,
		"next must be text":                  `{"fault":"cut-before","next":[3]}`,
		"an order must be a JSON":            `[]`,
		"fault is missing":                   ``,
		`delay must be a length`:             `{"fault":"latency","delay":5}`,
		"next cannot be combined with every": `{"fault":"cut-before","next":1,"every":2}`,
		"next must be a whole number":        `{"fault":"cut-before","next":0}`,
	} {
		a := c.send("POST", "/_sandbox/faults", body)
		require.Equal(t, 400, a.status, body)
		require.Contains(t, a.raw, want)
	}
	require.Equal(t, 400, c.send("POST", "/_sandbox/scenario", `{"file":"x.yaml","text":"steps: 5"}`).status)
	played := c.send("POST", "/_sandbox/scenario", `{"file":"x.yaml","text":"steps: [{at: 0s, fault: cut-after, method: DELETE}]"}`)
	require.Equal(t, "x", played.body["name"])
	require.Equal(t, 200, c.send("DELETE", "/_sandbox/faults/1", "").status)
	require.Equal(t, 404, c.send("DELETE", "/_sandbox/faults/9", "").status)
	require.Equal(t, 400, c.send("DELETE", "/_sandbox/faults/x", "").status)
	require.NoError(t, s.API.Reset(nil))
	require.Len(t, s.API.Orders(), 2, "another book does not end what was ordered")
	require.Equal(t, 200, c.send("DELETE", "/_sandbox/faults", "").status)
	require.Empty(t, s.API.Orders())
}
