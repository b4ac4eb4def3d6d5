package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// direct calls the sandbox without a network, so that time can be faked.
type direct struct{ http.Handler }

var errCut = errors.New("connection cut")

// RoundTrip answers one request; a cut connection is an error.
func (d direct) RoundTrip(r *http.Request) (res *http.Response, err error) {
	defer func() {
		if recover() != nil {
			res, err = nil, errCut
		}
	}()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// steady is an integration as it should be: it signs in again, waits when it is
// told to, looks before it writes again, and believes no list.
type steady struct {
	t      *testing.T
	client http.Client
	cookie string
}

func (c *steady) call(method, path string, body any) (status int, data map[string]any, wait time.Duration, err error) {
	payload, err := json.Marshal(body)
	require.NoError(c.t, err)
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://sandbox"+path, bytes.NewReader(payload))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Cookie", "PHPSESSID="+c.cookie)
	res, err := c.client.Do(req)
	if err != nil {
		return 0, nil, 0, err
	}
	raw, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	_ = res.Body.Close()
	var answer struct{ Data map[string]any }
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	_ = dec.Decode(&answer) // an answer without a body has no data
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	return res.StatusCode, answer.Data, time.Duration(seconds) * time.Second, nil
}

// do repeats a call that may be repeated until it is answered.
func (c *steady) do(method, path string, body any) map[string]any {
	for range 500 {
		status, data, wait, err := c.call(method, path, body)
		switch {
		case err == nil && status == 200:
			return data
		case status == 401:
			c.login()
		default:
			time.Sleep(max(wait, 2*time.Second)) // of the fake clock
		}
	}
	c.t.Fatalf("%s %s is never answered", method, path)
	return nil
}

func (c *steady) login() {
	data := c.do("POST", "/api/auth", map[string]string{"username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword})
	c.cookie, _ = data["authToken"].(string)
}

// settle processes what a list shows as pending, after a look at the invoice itself.
func (c *steady) settle() {
	seen := map[string]bool{}
	for page, total := 1, 1; page <= total; page++ {
		data := c.do("GET", "/api/invoice?status=pending_accounting&type=invoice&page="+strconv.Itoa(page), nil)
		total, _ = strconv.Atoi(number(data["totalPages"]))
		rows, _ := data["invoices"].([]any)
		for _, row := range rows {
			seen[number(row.(map[string]any)["id"])] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		if c.do("GET", "/api/invoice/"+id, nil)["status"] == "pending_accounting" {
			c.do("POST", "/api/comment", map[string]any{"entityId": json.Number(id), "entityType": 13, "content": "settled", "visibility": []string{}})
			c.do("PUT", "/api/invoice/"+id, map[string]string{"status": "processed"})
		}
	}
}

// live plays a scenario against a steady client in fake time, with invoices sent
// every other minute, and gives the request log and the orders.
func live(t *testing.T, scenario *sandbox.Scenario, long time.Duration) (log []string, orders []sandbox.OrderState) {
	synctest.Test(t, func(t *testing.T) {
		var heard atomic.Int64
		s := sandbox.New(sandbox.Options{
			Configured: true, Scenario: scenario,
			WebhookClient: &http.Client{Transport: direct{http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) })}},
		})
		defer s.Close()
		c := &steady{t: t, client: http.Client{Transport: direct{s}}}
		c.do("POST", "/api/webhook", map[string]any{"hookUrl": "https://hooks.example.com/x"})
		start := time.Now()
		for n := 0; time.Since(start) < long; n++ {
			for i, inv := range s.API.Invoices("ok") {
				if n%4 == 0 && i < 2 || n == 18 && i < 10 {
					require.NoError(t, s.API.Send("", inv.ID))
				}
			}
			c.settle()
			time.Sleep(30 * time.Second) // of the fake clock
		}
		_, err := s.API.SendAll("")
		require.NoError(t, err)
		c.settle()
		require.Equal(t, map[string]int{"processed": 40}, s.API.Counts(), "when it is over, the API behaves")
		require.NotZero(t, heard.Load())
		for _, r := range s.API.Requests(sandbox.RequestFilter{}) {
			log = append(log, fmt.Sprint(r.Time.Sub(start), r.Method, r.Path, r.Query, r.Status, r.Fault))
		}
		orders = s.API.Orders()
	})
	return log, orders
}

func TestTheScenariosThatComeWithIt(t *testing.T) {
	require.Equal(t, []string{"bad-day", "session-storm", "throttled"}, sandbox.Scenarios())
	for name, test := range map[string]struct {
		long   time.Duration
		idle   []sandbox.FaultKind // ordered, but without anything to strike for this client
		faults []string            // in the log at least once
	}{
		"bad-day": {31 * time.Minute, nil, []string{
			"Latency ", "Stale list", "Cut after the work", "Cut before the work", " rows repeated", "Sessions evicted", "502", "503", "429, Retry-After 10s",
		}},
		"throttled":     {16 * time.Minute, nil, []string{"429, Retry-After 5s", "429, Retry-After 15s", "429 without", "429, Retry-After 1m", "Latency "}},
		"session-storm": {11 * time.Minute, []sandbox.FaultKind{sandbox.FaultServerError}, []string{"Sessions evicted (order 1, others)", "Signed out", "Cut after", "Latency "}},
	} {
		t.Run(name, func(t *testing.T) {
			scenario, err := sandbox.LoadScenario(name)
			require.NoError(t, err)
			log, orders := live(t, scenario, test.long)
			all := strings.Join(log, "\n")
			for _, want := range test.faults {
				require.True(t, strings.Contains(all, want), want)
			}
			for _, o := range orders {
				require.False(t, o.Active, o.Order.What())
				if !slices.Contains(test.idle, o.Order.Fault) {
					require.NotZero(t, o.Struck, "%s, %s (seen %d)", o.Order.What(), o.Order.Where(), o.Seen)
				}
			}
			again, _ := live(t, scenario, test.long)
			require.True(t, slices.Equal(log, again), "the same requests meet the same faults")
		})
	}
}

func TestTheReadmeIsRight(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	require.Len(t, example, 2)
	scenario, err := sandbox.ParseScenario("README.md", example[1])
	require.NoError(t, err)
	require.Equal(t, "lunch break", scenario.Name)
	for _, kind := range []sandbox.FaultKind{
		sandbox.FaultLatency, sandbox.FaultSignedOut, sandbox.FaultEvict, sandbox.FaultThrottled, sandbox.FaultServerError,
		sandbox.FaultCutBefore, sandbox.FaultCutAfter, sandbox.FaultStaleList, sandbox.FaultDrift, sandbox.FaultWebhookDouble,
		sandbox.FaultWebhookReorder, sandbox.FaultWebhookDrop, sandbox.FaultWebhookDelay,
	} {
		require.Contains(t, string(text), "| `"+string(kind)+"` |")
	}
}

func TestWrongScenarioOfAProgram(t *testing.T) {
	wrong := &sandbox.Scenario{Steps: []sandbox.Step{{Order: &sandbox.Order{Fault: "fire"}}}}
	_, err := sandbox.Open(sandbox.Options{Scenario: wrong, StateFile: filepath.Join(t.TempDir(), "s.json")})
	require.ErrorContains(t, err, `"fire" is not known`)
}

func TestScenarioFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, writeFile(file, "steps:\n  - when: 1\n    fault: server-error\n    next: 1\n"))
	scenario, err := sandbox.LoadScenario(file)
	require.NoError(t, err)
	require.Equal(t, "mine", scenario.Name)
	s, c := serve(t, sandbox.Options{Scenario: scenario})
	require.Equal(t, 401, c.get("/api/invoice").status)
	require.Equal(t, 503, c.get("/api/invoice").status)
	require.Equal(t, 401, c.get("/api/invoice").status)
	require.NoError(t, s.API.Play(scenario))
	require.Equal(t, 401, c.get("/api/invoice").status, "requests count from the beginning of the scenario")
	require.Equal(t, 503, c.get("/api/invoice").status)

	require.NoError(t, writeFile(file, "steps:\n  - at: 1s\n    fault: late\n"))
	_, err = sandbox.LoadScenario(file)
	require.ErrorContains(t, err, file+":3:5: steps[0].fault")
	_, err = sandbox.LoadScenario("no-such-day")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "bad-day, session-storm, throttled")
}
