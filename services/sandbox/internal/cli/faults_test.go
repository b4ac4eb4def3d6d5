package cli

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestFaultsByCommand(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()
	at := "--url=" + server.URL

	out, err := run(t, at, "faults", "add", "throttled", "--retry-after=30s", "--resource", "invoice", "--method=put", "--next", "3", "--name=busy")
	require.NoError(t, err)
	require.Contains(t, out, "Throttled: 429, Retry-After 30s")
	out, err = run(t, at, "-o", "json", "faults", "add", "drift", "--page-size=5", "--skip=0.5", "--repeat=0")
	require.NoError(t, err)
	var made sandbox.OrderState
	require.NoError(t, json.Unmarshal([]byte(out), &made))
	require.Equal(t, sandbox.Order{Fault: sandbox.FaultDrift, PageSize: 5, Skip: 0.5, Rows: 3, Seed: 2}, made.Order)
	require.Equal(t, sandbox.Order{
		Name: "busy", Fault: sandbox.FaultThrottled, Method: "PUT", Resource: "invoice", Next: 3, RetryAfter: 30 * time.Second, Seed: 1,
	}, s.API.Orders()[0].Order)

	_, err = run(t, at, "faults", "clear", "1")
	require.NoError(t, err)
	out, err = run(t, at, "faults", "list")
	require.NoError(t, err)
	require.NotContains(t, out, "busy")
	require.Contains(t, out, "Pages drift")
	out, err = run(t, at, "faults", "list", "--all", "--output=json")
	require.NoError(t, err)
	var list struct{ Orders []sandbox.OrderState }
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	require.Len(t, list.Orders, 2)
	require.Equal(t, "canceled", list.Orders[1].End)

	out, err = run(t, at, "faults", "play", "throttled")
	require.NoError(t, err)
	require.Contains(t, out, "after 20 requests")
	out, err = run(t, at, "faults", "list")
	require.NoError(t, err)
	require.Contains(t, out, "Scenario throttled: 1 of 8 steps made")
	_, err = run(t, at, "faults", "clear")
	require.NoError(t, err)
	out, err = run(t, at, "faults", "list", "--all", "--output=json")
	require.NoError(t, err)
	require.JSONEq(t, `{"orders":[]}`, out)
	out, err = run(t, "faults", "add", "--help")
	require.NoError(t, err)
	require.Contains(t, out, "webhook-reorder")
}

func TestWrongFaultsAreRefused(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	defer s.Close()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("steps:\n  - at: 0s\n    fault: latency\n    delay: long\n"), 0o600))
	for want, args := range map[string][]string{
		`fault "fire" is not known`:                 {"faults", "add", "fire"},
		"next must be a whole number above 0":       {"faults", "add", "cut-before", "--next=0"},
		"delay is required for latency":             {"faults", "add", "latency"},
		"accepts 1 arg":                             {"faults", "add"},
		"unknown flag: --colour":                    {"faults", "add", "cut-before", "--colour=red"},
		"Order 7 not found":                         {"faults", "clear", "7"},
		`"x" must be a number`:                      {"faults", "clear", "x"},
		"bad.yaml:4:5: steps[0].delay: must be a l": {"faults", "play", bad},
		"a file or one of bad-day":                  {"faults", "play", "good-day"},
		"steps[0].delay":                            {"serve", "--scenario", bad},
		"session-storm, throttled":                  {"serve", "--scenario", "good-day"},
	} {
		_, err := run(t, append([]string{"--url=" + server.URL}, args...)...)
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, s.API.Orders())
}
