package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestRequestLogKeepsOrderAndSecrets(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	id := s.API.Invoices()[0].ID
	c.send("POST", "/api/auth?username=x&password=hush", "")
	c.send("POST", "/api/comment", fmt.Sprintf(`{"entityId":%d,"entityType":13,"content":"why","visibility":[]}`, id))
	c.send("PUT", path("invoice", id), `{"status":"failed"}`)
	c.get("/api/invoice?status=failed%2Cok")
	c.send("PUT", path("invoice", id), `{"notes":"`+strings.Repeat("x", 20000)+`"}`)
	c.get("/_sandbox/state")
	all := s.API.Requests(sandbox.RequestFilter{})
	require.Len(t, all, 6, "the control API is not logged")
	for i, r := range all {
		require.Equal(t, uint64(i+1), r.Sequence)
		require.Equal(t, uint64(i+1), r.Finished)
		require.NotContains(t, r.Body+r.Query, "hush")
		require.NotContains(t, r.Body+r.Query, sandbox.DefaultPassword)
		require.LessOrEqual(t, len(r.Body), 8<<10)
		require.NotZero(t, r.Status)
	}
	require.Equal(t, "POST /api/comment 200", fmt.Sprint(all[2].Method, " ", all[2].Path, " ", all[2].Status))
	require.Equal(t, `{"status":"failed"}`, all[3].Body)
	require.Equal(t, "user1", all[3].User)
	require.Equal(t, "status=failed%2Cok", all[4].Query)
	require.Len(t, s.API.Requests(sandbox.RequestFilter{Method: "put", Prefix: "/api/invoice/"}), 2)
	require.Len(t, s.API.Requests(sandbox.RequestFilter{After: 4}), 2)
	require.Len(t, s.API.Requests(sandbox.RequestFilter{Limit: 1}), 1)
	require.Len(t, s.API.Requests(sandbox.RequestFilter{Status: 403}), 1)
	control := c.get("/_sandbox/requests?method=PUT&limit=1")
	require.Len(t, control.body["requests"], 1)
	long, err := s.API.Invoice(id)
	require.NoError(t, err)
	require.Len(t, long.Notes, 20000, "logging does not shorten what the handler reads")
}

func TestLogIsBounded(t *testing.T) {
	s, c := ready(t, sandbox.Options{LogSize: 10})
	for range 50 {
		c.get("/api/auth")
	}
	kept := s.API.Requests(sandbox.RequestFilter{})
	require.Len(t, kept, 10)
	require.Equal(t, uint64(51), kept[9].Sequence)
}

func TestFaultsToOrder(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	id := s.API.Invoices()[0].ID
	order := func(f sandbox.Fault) { s.SetFaults(func(*http.Request) *sandbox.Fault { return &f }) }
	put := func() (*http.Response, error) {
		return http.DefaultClient.Do(c.request("PUT", path("invoice", id), "application/json", strings.NewReader(`{"status":"processed"}`)))
	}
	status := func() string {
		inv, err := s.API.Invoice(id)
		require.NoError(t, err)
		return inv.Status
	}
	order(sandbox.Fault{Status: 503, RetryAfter: 7 * time.Second})
	a := c.get("/api/invoice")
	require.Equal(t, 503, a.status)
	require.Equal(t, "7", a.header.Get("Retry-After"))
	require.NotEmpty(t, a.errorText())
	order(sandbox.Fault{CutBefore: true})
	_, err := put()
	require.Error(t, err)
	require.Equal(t, "ok", status())
	order(sandbox.Fault{CutAfter: true, Latency: time.Millisecond})
	_, err = put()
	require.Error(t, err, "the answer is lost")
	require.Equal(t, "processed", status(), "the write is not")
	s.SetFaults(nil)
	require.Equal(t, 200, c.get("/api/invoice").status)
	faulty := s.API.Requests(sandbox.RequestFilter{Method: "PUT"})
	require.NotEmpty(t, faulty)
	for _, r := range faulty {
		require.Zero(t, r.Status, "nothing was answered")
		require.Contains(t, r.Fault, "cut")
	}
}

func TestParallelClients(t *testing.T) {
	s, c := ready(t, sandbox.Options{Book: sandbox.GenerateBook(sandbox.BookOptions{Invoices: 60, MaxLines: 5}), SessionsPerUser: 100})
	_, err := s.API.SendAll("")
	require.NoError(t, err)
	ids := s.API.Book().Invoices
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			mine := &client{t: t, base: c.base, cookie: c.cookie}
			for i := worker; i < len(ids); i += 6 {
				mine.get("/api/invoice?status=pending_accounting")
				mine.send("POST", "/api/comment", fmt.Sprintf(`{"entityId":%d,"entityType":13,"content":"w","visibility":[]}`, ids[i].ID))
				if a := mine.send("PUT", path("invoice", ids[i].ID), `{"status":"failed"}`); a.status != 200 {
					t.Errorf("PUT answered %d: %s", a.status, a.raw)
				}
				_, _ = s.API.Invoice(ids[i].ID)
				mine.get("/invoices")
			}
		})
	}
	wg.Wait()
	require.Equal(t, 60, s.API.Counts()["failed"])
	seen := map[int64]bool{}
	for _, inv := range ids {
		comments := s.API.Comments(inv.ID)
		require.Len(t, comments, 1)
		require.False(t, seen[comments[0].ID])
		seen[comments[0].ID] = true
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first, err := sandbox.Open(sandbox.Options{Seed: 3, StateFile: file, Configured: true})
	require.NoError(t, err)
	id := first.API.Invoices()[0].ID
	require.NoError(t, first.API.Send("", id))
	made, err := first.API.Comment(id, "kept", &[]string{})
	require.NoError(t, err)
	// The first sandbox is not closed: a killed one is not either.
	second, err := sandbox.Open(sandbox.Options{Seed: 99, StateFile: file})
	require.NoError(t, err)
	before, err := json.Marshal(first.API.Invoices())
	require.NoError(t, err)
	after, err := json.Marshal(second.API.Invoices())
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
	require.Equal(t, []sandbox.Comment{made}, second.API.Comments(id))
	require.True(t, second.API.CanSend())
	require.Equal(t, first.API.Book().Expected, second.API.Book().Expected)
	next, err := second.API.Comment(id, "later", nil)
	require.NoError(t, err)
	require.Greater(t, next.ID, made.ID, "ids are not given twice")
}

func TestBrokenStateFileIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	for _, content := range []string{"", "{", `{"version":9,"book":{}}`, `{"version":1}`} {
		require.NoError(t, writeFile(file, content))
		_, err := sandbox.Open(sandbox.Options{StateFile: file})
		require.ErrorContains(t, err, file)
	}
	_, err := sandbox.Open(sandbox.Options{StateFile: filepath.Join(t.TempDir(), "no", "such", "folder")})
	require.Error(t, err)
}

func TestManyPendingInvoicesAreListedFast(t *testing.T) {
	s, c := ready(t, sandbox.Options{Invoices: 3000})
	_, err := s.API.SendAll("")
	require.NoError(t, err)
	const enough = 100 * time.Millisecond
	best := time.Hour // the best of several: other processes may hold the processors
	for n := 0; n < 5 || n < 100 && best >= enough && !raceEnabled; n++ {
		start := time.Now()
		rows := 0
		for page := 1; page <= 2; page++ {
			res, err := http.DefaultClient.Do(c.request("GET", "/api/invoice?status=pending_accounting&type=invoice&page="+strconv.Itoa(page), "", nil))
			require.NoError(t, err)
			var body bytes.Buffer
			_, err = body.ReadFrom(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			rows += strings.Count(body.String(), `"invoiceNumber"`)
		}
		best = min(best, time.Since(start))
		require.Equal(t, 3000, rows)
	}
	t.Logf("3000 pending invoices in %s", best)
	if !raceEnabled {
		require.Less(t, best, enough)
	}
}
