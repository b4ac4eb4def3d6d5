package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// client talks to a served sandbox over HTTP, as any integration does.
type client struct {
	t      testing.TB
	base   string
	cookie string
	bearer string
}

// answered is what came back; numbers keep their own digits.
type answered struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func serve(t testing.TB, o sandbox.Options) (*sandbox.Sandbox, *client) {
	t.Helper()
	s := sandbox.New(o)
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.Close(); s.Close() })
	c := &client{t: t, base: server.URL}
	return s, c
}

// ready is a set-up account with a signed-in client.
func ready(t testing.TB, o sandbox.Options) (*sandbox.Sandbox, *client) {
	t.Helper()
	o.Configured = true
	s, c := serve(t, o)
	c.login()
	return s, c
}

func (c *client) login() string {
	c.t.Helper()
	a := c.send("POST", "/api/auth", map[string]string{
		"username": sandbox.DefaultUsername, "password": sandbox.DefaultPassword,
	})
	require.Equal(c.t, 200, a.status, a.raw)
	c.cookie = a.data()["authToken"].(string)
	return c.cookie
}

func (c *client) request(method, path, contentType string, body io.Reader) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	require.NoError(c.t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.cookie != "" {
		// Attributes come back too from clients that echo the whole Set-Cookie line.
		req.Header.Set("Cookie", "PHPSESSID="+c.cookie+"; Path=/; HttpOnly")
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	return req
}

func (c *client) do(req *http.Request) answered {
	c.t.Helper()
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	a := answered{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if len(raw) > 0 && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		require.NoError(c.t, dec.Decode(&a.body), a.raw)
	}
	return a
}

// send sends JSON; a string body is sent as it is.
func (c *client) send(method, path string, body any) answered {
	c.t.Helper()
	if text, ok := body.(string); ok {
		return c.do(c.request(method, path, "application/json", strings.NewReader(text)))
	}
	data, err := json.Marshal(body)
	require.NoError(c.t, err)
	return c.do(c.request(method, path, "application/json", bytes.NewReader(data)))
}

func (c *client) form(path string, values url.Values) answered {
	c.t.Helper()
	return c.do(c.request("POST", path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode())))
}

func (c *client) get(path string) answered {
	c.t.Helper()
	return c.do(c.request("GET", path, "", nil))
}

func (a answered) data() map[string]any { d, _ := a.body["data"].(map[string]any); return d }

func (a answered) list(plural string) []any { l, _ := a.data()[plural].([]any); return l }

func (a answered) errorText() string {
	messages, _ := a.body["messages"].(map[string]any)
	list, _ := messages["error"].([]any)
	text := ""
	for _, one := range list {
		text += one.(string)
	}
	return text
}

func number(v any) string { n, _ := v.(json.Number); return n.String() }

func writeFile(name, content string) error { return os.WriteFile(name, []byte(content), 0o600) }
