package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestCommandsAgainstARunningQuickBooks(t *testing.T) {
	stand := quickbooks.New(quickbooks.Options{Companies: 2})
	server := httptest.NewServer(stand)
	defer server.Close()
	at := "--url=" + server.URL
	out, err := run(t, "quickbooks", "companies", at)
	require.NoError(t, err)
	require.Contains(t, out, "Meridian Mechanical & Fire 2")
	realm := stand.API.Realms()[1]
	out, err = run(t, "quickbooks", "connect", realm, at, "-o", "json")
	require.NoError(t, err)
	var tokens map[string]string
	require.NoError(t, json.Unmarshal([]byte(out), &tokens))
	require.Equal(t, realm, tokens["realmId"])
	require.Len(t, stand.API.Grants(realm), 1)

	out, err = run(t, "quickbooks", "faults", "add", "refused", "--code=6190", "--resource", "invoice", "--form=200", "--next=3", at)
	require.NoError(t, err)
	require.Contains(t, out, "Refused: 6190 as 200")
	out, err = run(t, "quickbooks", "faults", "list", at)
	require.NoError(t, err)
	require.Contains(t, out, "the next 3")
	_, err = run(t, "quickbooks", "faults", "add", "drift", at)
	require.ErrorContains(t, err, "must be one of latency")
	out, err = run(t, "quickbooks", "faults", "play", "every-fault", at)
	require.NoError(t, err)
	require.Contains(t, out, "the tokens' endpoint loses answers too")
	_, err = run(t, "quickbooks", "faults", "play", "bad-day", at)
	require.ErrorContains(t, err, "one of bad-month-end, every-fault")
	_, err = run(t, "quickbooks", "connect", "1", at)
	require.ErrorContains(t, err, "not found")
	_, err = run(t, "quickbooks", "companies", "--url=http://127.0.0.1:1")
	require.ErrorContains(t, err, "try: sandbox quickbooks serve")
	out, err = run(t, "quickbooks", "faults", "add", "--help")
	require.NoError(t, err)
	require.Contains(t, out, "revoked")
	require.NotContains(t, out, "webhook-drop")
	out, err = run(t, "faults", "add", "--help")
	require.NoError(t, err)
	require.NotContains(t, out, "revoked")
}

func TestServeQuickBooksUntilStopped(t *testing.T) {
	for name, args := range map[string][]string{
		"alone":  {"quickbooks", "serve", "--listen=127.0.0.1:0", "--companies=3", "--no-limits", "--tax=automated", "--query-delay=2s", "--rotate-after=-1s", "--scenario=bad-month-end"},
		"beside": {"serve", "--listen=127.0.0.1:0", "--demo", "--quickbooks=127.0.0.1:0", "--quickbooks-companies=3", "--quickbooks-no-limits", "--quickbooks-tax=automated", "--quickbooks-query-delay=2s"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			out := &safeBuffer{written: make(chan struct{})}
			cmd := New()
			cmd.SetErr(out)
			cmd.SetArgs(args)
			done := make(chan error, 1)
			go func() { done <- cmd.ExecuteContext(ctx) }()
			api := regexp.MustCompile(`QuickBooks stand-in is ready" page=(\S+)`)
			require.Eventually(t, func() bool { return api.MatchString(out.String()) }, 10*time.Second, time.Millisecond)
			require.Contains(t, out.String(), "companies=3")
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, api.FindStringSubmatch(out.String())[1]+"/_quickbooks/companies", nil)
			require.NoError(t, err)
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			var body struct {
				Companies []struct {
					Settings quickbooks.Settings
				}
			}
			require.NoError(t, json.NewDecoder(res.Body).Decode(&body))
			require.NoError(t, res.Body.Close())
			require.Len(t, body.Companies, 3)
			require.Equal(t, "automated 2s", body.Companies[2].Settings.SalesTax+" "+body.Companies[2].Settings.QueryDelay.String())
			stop()
			require.NoError(t, <-done)
		})
	}
}

func TestWrongQuickBooksFlags(t *testing.T) {
	for _, args := range []string{
		"quickbooks serve --companies=0", "quickbooks serve --tax=vat", "quickbooks serve --invoices=0", "quickbooks serve --scenario=bad-day", "quickbooks serve --listen=nowhere:x",
		"serve --listen=127.0.0.1:0 --quickbooks=nowhere:x", "serve --listen=127.0.0.1:0 --quickbooks=127.0.0.1:0 --quickbooks-tax=vat",
	} {
		_, err := run(t, strings.Fields(args)...)
		require.Error(t, err, args)
	}
}
