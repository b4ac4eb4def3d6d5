package quickbooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// object is a JSON object; numbers keep their own digits.
type object = map[string]any

// client talks to one company over HTTP, as any integration does.
type client struct {
	t      testing.TB
	stand  *quickbooks.Stand
	base   string
	realm  string
	token  string
	accept string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
	body   object
}

// clock is a time that moves only when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// serve starts a stand-in with a client that is connected to the first company.
// Limits are off unless the options say otherwise.
func serve(t testing.TB, o quickbooks.Options) *client {
	t.Helper()
	if o.Limits == (quickbooks.Limits{}) {
		o.Limits = quickbooks.NoLimits()
	}
	stand := quickbooks.New(o)
	server := httptest.NewServer(stand)
	t.Cleanup(server.Close)
	c := &client{t: t, stand: stand, base: server.URL, accept: "application/json"}
	return c.at(stand.API.Realms()[0])
}

// at is a client of another company, with tokens of its own.
func (c *client) at(realm string) *client {
	c.t.Helper()
	tokens, err := c.stand.API.Connect(realm)
	require.NoError(c.t, err)
	other := *c
	other.realm, other.token = realm, tokens.Access
	return &other
}

func (c *client) request(method, path, contentType string, body io.Reader) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	require.NoError(c.t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.accept != "" {
		req.Header.Set("Accept", c.accept)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req
}

func (c *client) try(req *http.Request) (answer, error) {
	c.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req) // a redirect is an answer too
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		require.NoError(c.t, dec.Decode(&a.body), a.raw)
	}
	return a, nil
}

func (c *client) do(req *http.Request) answer {
	c.t.Helper()
	a, err := c.try(req)
	require.NoError(c.t, err)
	return a
}

// path is an address of the API of the company.
func (c *client) path(rest string) string { return "/v3/company/" + c.realm + "/" + rest }

func (c *client) get(rest string) answer {
	c.t.Helper()
	return c.do(c.request("GET", c.path(rest), "", nil))
}

// post sends an object; a string is sent as it is.
func (c *client) post(rest string, body any) answer {
	c.t.Helper()
	text, ok := body.(string)
	if !ok {
		data, err := json.Marshal(body)
		require.NoError(c.t, err)
		text = string(data)
	}
	return c.do(c.request("POST", c.path(rest), "application/json", strings.NewReader(text)))
}

// made posts an object that must be accepted, and gives what came of it.
func (c *client) made(entity string, body any, parameters ...string) object {
	c.t.Helper()
	rest := strings.ToLower(entity)
	if len(parameters) > 0 {
		rest += "?" + strings.Join(parameters, "&")
	}
	a := c.post(rest, body)
	require.Equal(c.t, http.StatusOK, a.status, a.raw)
	out, ok := a.body[entity].(object)
	require.True(c.t, ok, a.raw)
	return out
}

func (c *client) query(statement string) answer {
	c.t.Helper()
	return c.get("query?minorversion=75&query=" + url.QueryEscape(statement))
}

// rows gives the objects that a statement finds.
func (c *client) rows(statement string) []object {
	c.t.Helper()
	a := c.query(statement)
	require.Equal(c.t, http.StatusOK, a.status, "%s: %s", statement, a.raw)
	var out []object
	for name, v := range a.body["QueryResponse"].(object) {
		if list, ok := v.([]any); ok {
			require.NotEmpty(c.t, list, name)
			for _, one := range list {
				out = append(out, one.(object))
			}
		}
	}
	return out
}

// fault gives code and detail of a Fault of the documented shape.
func (a answer) fault() (code, message, detail string) {
	fault, _ := a.body["Fault"].(object)
	list, _ := fault["Error"].([]any)
	if len(list) == 0 {
		return "", "", ""
	}
	one := list[0].(object)
	return fmt.Sprint(one["code"]), fmt.Sprint(one["Message"]), fmt.Sprint(one["Detail"])
}

func requireFault(t testing.TB, a answer, status int, code string) {
	t.Helper()
	got, _, _ := a.fault()
	require.Equal(t, code, got, a.raw)
	require.Equal(t, status, a.status, a.raw)
}

func (c *client) configure(change func(*quickbooks.Settings)) {
	c.stand.API.Configure(c.realm, change)
}

// sale is the smallest invoice or credit memo: one line of one item.
func sale(amount string, more ...object) object {
	o := object{
		"CustomerRef": object{"value": "1"}, "TxnDate": "2026-11-20",
		"Line": []any{line(amount, "NON")},
	}
	for _, m := range more {
		maps.Copy(o, m)
	}
	return o
}

func line(amount, tax string, detail ...object) object {
	d := object{"ItemRef": object{"value": "1"}, "TaxCodeRef": object{"value": tax}}
	for _, m := range detail {
		maps.Copy(d, m)
	}
	return object{"DetailType": "SalesItemLineDetail", "Amount": json.Number(amount), "SalesItemLineDetail": d}
}

func text(v any) string { return fmt.Sprint(v) }

func withTimeout(t testing.TB, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
