package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := New()
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestCommandsAgainstARunningSandbox(t *testing.T) {
	s := sandbox.New(sandbox.Options{Book: sandbox.DemoBook(1)})
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()
	at := "--url=" + server.URL
	id := strconv.FormatInt(s.API.Invoices()[0].ID, 10)

	_, err := run(t, at, "send", "--all")
	require.ErrorContains(t, err, "Can Be Sent Invoices")
	out, err := run(t, at, "setup", "--label", "Books")
	require.NoError(t, err)
	require.Contains(t, out, "Books")
	_, err = run(t, at, "send", id)
	require.NoError(t, err)
	out, err = run(t, at, "send", "--all")
	require.NoError(t, err)
	require.Contains(t, out, "39")
	_, err = s.API.Comment(s.API.Invoices()[0].ID, "line one\nline two", &[]string{})
	require.NoError(t, err)
	for _, command := range [][]string{{"invoices", "--status=pending_accounting"}, {"show", id}, {"comments", id}, {"requests"}} {
		out, err := run(t, append([]string{at}, command...)...)
		require.NoError(t, err)
		require.NotEmpty(t, out)
		out, err = run(t, append([]string{at, "--output=json"}, command...)...)
		require.NoError(t, err)
		require.True(t, json.Valid([]byte(out)), out)
	}
	out, err = run(t, at, "comments", id)
	require.NoError(t, err)
	require.Contains(t, out, "private")
	require.Contains(t, out, "line one\nline two")
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"send"},
		{"send", "--all", "1"},
		{"send", "x"},
		{"show", "x"},
		{"show"},
		{"invoices", "--output=xml"},
		{"invoices", "--url=http://127.0.0.1:1"},
		{"serve", "--invoices=0"},
		{"serve", "--demo", "--invoices=9"},
		{"serve", "--listen=nowhere:x"},
	} {
		_, err := run(t, args...)
		require.Error(t, err, args)
	}
}

// safeBuffer is read while the command still writes.
type safeBuffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	written chan struct{}
	once    sync.Once
}

// Write keeps the text and tells that there is some.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once.Do(func() { close(s.written) })
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestServeUntilStopped(t *testing.T) {
	for count, flags := range map[int][]string{40: {"--demo"}, 120: {"--demo", "--invoices=120"}, 15: {"--invoices=8", "--extras=7"}} {
		t.Run(strconv.Itoa(count), func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			out := &safeBuffer{written: make(chan struct{})}
			cmd := New()
			cmd.SetErr(out)
			cmd.SetArgs(append([]string{"serve", "--listen=127.0.0.1:0", "--state", filepath.Join(t.TempDir(), "state.json")}, flags...))
			done := make(chan error, 1)
			go func() { done <- cmd.ExecuteContext(ctx) }()
			<-out.written
			url := regexp.MustCompile(`page=(\S+)`).FindStringSubmatch(out.String())
			require.Len(t, url, 2)
			require.Contains(t, out.String(), "invoices="+strconv.Itoa(count))
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url[1]+"/_sandbox/state", nil)
			require.NoError(t, err)
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, 200, res.StatusCode)
			stop()
			require.NoError(t, <-done)
		})
	}
}
