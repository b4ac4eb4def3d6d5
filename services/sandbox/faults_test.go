package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// tick is a clock that stands until it is moved.
type tick struct {
	mu sync.Mutex
	at time.Time
}

func (c *tick) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *tick) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func stopped() *tick { return &tick{at: time.Date(2026, 7, 31, 12, 0, 0, 0, time.UTC)} }

func order(t *testing.T, s *sandbox.Sandbox, o sandbox.Order) int64 {
	t.Helper()
	id, err := s.API.Order(o)
	require.NoError(t, err)
	return id
}

// broken tells whether the connection was cut instead of an answer.
func (c *client) broken(method, path, body string) bool {
	c.t.Helper()
	res, err := http.DefaultClient.Do(c.request(method, path, "application/json", strings.NewReader(body)))
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	return err != nil
}

func lastFault(s *sandbox.Sandbox) string {
	all := s.API.Requests(sandbox.RequestFilter{Limit: 1})
	return all[0].Fault
}

func TestAnswersToOrder(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	id := order(t, s, sandbox.Order{Fault: sandbox.FaultThrottled, Resource: "invoice", RetryAfter: 30 * time.Second, Next: 1})
	require.Equal(t, 200, c.get("/api/company").status, "another resource")
	a := c.get("/api/invoice")
	require.Equal(t, 429, a.status)
	require.Equal(t, "30", a.header.Get("Retry-After"))
	require.Equal(t, "Too Many Requests", a.errorText())
	require.Equal(t, fmt.Sprintf("Throttled: 429, Retry-After 30s (order %d)", id), lastFault(s))
	require.Equal(t, 200, c.get("/api/invoice").status, "the order is done")
	require.Empty(t, lastFault(s))

	order(t, s, sandbox.Order{Fault: sandbox.FaultThrottled, Next: 1})
	a = c.get("/api/invoice")
	require.Equal(t, 429, a.status)
	require.NotContains(t, a.header, "Retry-After")

	for _, status := range []int{0, 500, 502, 504} {
		order(t, s, sandbox.Order{Fault: sandbox.FaultServerError, Status: status, RetryAfter: time.Duration(status) * time.Second, Next: 1})
		a = c.send("PUT", path("invoice", s.API.Invoices()[0].ID), `{"status":"failed"}`)
		require.Equal(t, max(status, 500)+map[bool]int{true: 3}[status == 0], a.status)
		require.Equal(t, map[bool]string{false: strconv.Itoa(status)}[status == 0], a.header.Get("Retry-After"))
	}
	require.Equal(t, 40, s.API.Counts()["ok"], "nothing was done")

	order(t, s, sandbox.Order{Fault: sandbox.FaultLatency, Delay: 30 * time.Millisecond, MaxDelay: 60 * time.Millisecond, Next: 2})
	for range 2 {
		start := time.Now()
		require.Equal(t, 200, c.get("/api/invoice").status)
		require.GreaterOrEqual(t, time.Since(start), 30*time.Millisecond)
		require.Contains(t, lastFault(s), "Latency ")
	}
	for _, o := range s.API.Orders() {
		require.False(t, o.Active)
		require.Equal(t, "done", o.End)
		require.Equal(t, o.Order.Next, o.Struck)
	}
}

func TestCutsToOrder(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	ids := s.API.Invoices()
	order(t, s, sandbox.Order{Fault: sandbox.FaultCutBefore, Method: "PUT", Path: "/api/invoice/*", Next: 1})
	order(t, s, sandbox.Order{Fault: sandbox.FaultCutAfter, Method: "PUT", Path: "/api/invoice/*", Times: 1})
	order(t, s, sandbox.Order{Fault: sandbox.FaultCutAfter, Method: "POST", Resource: "comment", Next: 1})
	require.Equal(t, 200, c.get("/api/invoice").status)
	require.True(t, c.broken("PUT", path("invoice", ids[0].ID), `{"status":"failed"}`))
	require.True(t, c.broken("PUT", path("invoice", ids[1].ID), `{"status":"failed"}`))
	require.Equal(t, 200, c.send("PUT", path("invoice", ids[2].ID), `{"status":"failed"}`).status)
	require.True(t, c.broken("POST", "/api/comment", fmt.Sprintf(`{"entityId":%d,"entityType":13,"content":"x"}`, ids[0].ID)))
	for i, want := range []string{"ok", "failed", "failed"} {
		inv, err := s.API.Invoice(ids[i].ID)
		require.NoError(t, err)
		require.Equal(t, want, inv.Status)
	}
	require.Len(t, s.API.Comments(ids[0].ID), 1)
	var told []string
	for _, r := range s.API.Requests(sandbox.RequestFilter{}) {
		if r.Fault != "" {
			require.Zero(t, r.Status, "nothing was answered")
			told = append(told, r.Fault)
		}
	}
	require.Equal(t, []string{"Cut before the work (order 1)", "Cut after the work (order 2)", "Cut after the work (order 3)"}, told)
}

func TestSessionsToOrder(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	other := &client{t: t, base: c.base}
	other.login()
	order(t, s, sandbox.Order{Fault: sandbox.FaultSignedOut, Every: 2})
	require.Equal(t, 200, c.get("/api/invoice").status)
	require.Equal(t, 401, c.get("/api/invoice").status)
	require.Contains(t, lastFault(s), "Signed out: 401")
	require.Equal(t, 401, c.get("/api/invoice").status, "the session is really gone")
	require.Equal(t, 1, s.API.Orders()[0].Struck, "who is signed out cannot be struck again")
	require.Equal(t, 200, other.get("/api/invoice").status, "others are not touched")
	c.login()
	require.Equal(t, 404, c.get("/api/auth").status, "as the real one says it")
	s.API.ClearOrders()

	for range 4 {
		(&client{t: t, base: c.base}).login()
	}
	c.login()
	require.Equal(t, 5, s.API.Sessions(), "the oldest went: other")
	order(t, s, sandbox.Order{Fault: sandbox.FaultEvict, Sessions: 2, Next: 1})
	require.Equal(t, 200, c.get("/api/invoice").status)
	require.Equal(t, 3, s.API.Sessions())
	order(t, s, sandbox.Order{Fault: sandbox.FaultEvict, Next: 1})
	require.Equal(t, 401, c.get("/api/invoice").status)
	require.Zero(t, s.API.Sessions())
	require.Equal(t, "Sessions evicted (order 3)", lastFault(s))
}

func TestTokensAreSignedOutToo(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	a := c.form("/api/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {sandbox.DefaultClientID}, "client_secret": {sandbox.DefaultClientSecret},
	})
	c.cookie, c.bearer = "", a.body["access_token"].(string)
	require.Equal(t, 200, c.get("/api/invoice").status)
	order(t, s, sandbox.Order{Fault: sandbox.FaultSignedOut, Next: 1})
	require.Equal(t, 401, c.get("/api/invoice").status)
	c.bearer = ""
	again := c.form("/api/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.body["refresh_token"].(string)}})
	require.Equal(t, 200, again.status, "the refresh token is still good")
}

func TestStaleListsToOrder(t *testing.T) {
	clock := stopped()
	s, c := ready(t, sandbox.Options{Now: clock.now})
	clock.move(time.Minute)
	require.NoError(t, s.API.Send("", s.API.Invoices()[0].ID, s.API.Invoices()[1].ID))
	clock.move(10 * time.Second)
	require.Equal(t, 200, c.send("PUT", path("invoice", s.API.Invoices()[0].ID), `{"status":"processed"}`).status)
	pending := func() int { return len(c.get("/api/invoice?status=pending_accounting").list("invoices")) }
	require.Equal(t, 1, pending())
	id := order(t, s, sandbox.Order{Fault: sandbox.FaultStaleList, Resource: "invoice", Age: 5 * time.Second})
	require.Equal(t, 2, pending(), "as before the PUT")
	require.Contains(t, lastFault(s), "Stale list: from 5s ago")
	require.Equal(t, "processed", c.get(path("invoice", s.API.Invoices()[0].ID)).data()["status"], "only lists are stale")
	clock.move(6 * time.Second)
	require.Equal(t, 1, pending())
	require.NoError(t, s.API.Cancel(id))
	order(t, s, sandbox.Order{Fault: sandbox.FaultStaleList, Age: time.Minute})
	require.Zero(t, pending(), "as before Send")
	require.Empty(t, c.get(fmt.Sprintf("/api/comment?entityId=%d&entityType=13", s.API.Invoices()[0].ID)).list("comments"))
	require.NotEmpty(t, c.get("/api/job?status=all").list("jobs"))
	require.Equal(t, 4, s.API.Orders()[0].Struck+s.API.Orders()[1].Struck-1, "three lists, and two of the order before")
	require.ErrorContains(t, s.API.Cancel(77), "Order 77 not found")
}

// pass reads all pages as a client does and gives the ids in the order of reading.
func (c *client) pass(query string) (ids []string) {
	for page, total := 1, 1; page <= total; page++ {
		a := c.get("/api/invoice?" + query + "&page=" + strconv.Itoa(page))
		require.Equal(c.t, 200, a.status, a.raw)
		for _, row := range a.list("invoices") {
			ids = append(ids, number(row.(map[string]any)["id"]))
		}
		total, _ = strconv.Atoi(number(a.data()["totalPages"]))
	}
	return ids
}

func unique(ids []string) int {
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	return len(seen)
}

func TestDriftingPagesToOrder(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	straight := c.pass("type=invoice")
	require.Len(t, straight, 40)

	id := order(t, s, sandbox.Order{Fault: sandbox.FaultDrift, PageSize: 7})
	require.Equal(t, straight, c.pass("type=invoice"), "short pages alone lose nothing")
	require.Equal(t, 6, s.API.Orders()[0].Struck)
	require.NoError(t, s.API.Cancel(id))

	id = order(t, s, sandbox.Order{Fault: sandbox.FaultDrift, PageSize: 7, Skip: 1, Rows: 1})
	skipped := c.pass("type=invoice")
	require.Equal(t, []int{39, 39}, []int{len(skipped), unique(skipped)})
	require.Equal(t, straight[:7], skipped[:7], "nothing can move into the first page")
	require.Contains(t, lastFault(s), "rows skipped")
	require.NoError(t, s.API.Cancel(id))

	id = order(t, s, sandbox.Order{Fault: sandbox.FaultDrift, PageSize: 7, Repeat: 1, Rows: 1})
	repeated := c.pass("type=invoice")
	require.Equal(t, []int{41, 40}, []int{len(repeated), unique(repeated)})
	require.Contains(t, lastFault(s), "rows repeated")
	require.NoError(t, s.API.Cancel(id))

	order(t, s, sandbox.Order{Fault: sandbox.FaultDrift, PageSize: 7, Skip: .4, Repeat: .4, Rows: 3, Seed: 3})
	seen, passes := map[string]bool{}, 0
	for passes < 20 && len(seen) < 40 {
		passes++
		for _, id := range c.pass("type=invoice") {
			seen[id] = true
		}
	}
	require.Len(t, seen, 40, "a client that reads again sees everything")
	require.Greater(t, passes, 1)
}
