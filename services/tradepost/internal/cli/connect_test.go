package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/hooks"
)

const (
	oldSecret = "old-old-old-old-old-old-old"
	newSecret = "new-new-new-new-new-new-new"
	hookBase  = "https://hooks.acme.example/tp"
)

const connectConfig = `
webhook: {public_url: %q}
accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: %q, username: integration, password: sandbox, invoice_entity_type: 13, webhook_secret: %q}
`

// office is a ServiceTrade with a webhook page.
type office struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	client  *servicetrade.Client
	url     string
	dir     string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s := sandbox.New(sandbox.Options{InvoiceEntityType: 13})
	t.Cleanup(s.Close)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	client := servicetrade.New(servicetrade.Config{URL: web.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword})
	return &office{t: t, sandbox: s, client: client, url: web.URL, dir: t.TempDir()}
}

func (o *office) config(secret string) string {
	o.t.Helper()
	path := filepath.Join(o.dir, "tradepost-"+secret+".yaml")
	require.NoError(o.t, os.WriteFile(path, fmt.Appendf(nil, connectConfig, hookBase, o.url, secret), 0o600))
	return path
}

// connect runs the command, and returns what it says it did.
func (o *office) connect(secret string, args ...string) []string {
	o.t.Helper()
	code, out, errs := execute(o.t, append([]string{"connect", "servicetrade", "-o", "json", "-c", o.config(secret)}, args...)...)
	require.Equal(o.t, runtime.ExitOK, code, errs)
	require.NotContains(o.t, out+errs, secret)
	require.NotContains(o.t, out+errs, oldSecret)
	var rows []hooks.Row
	require.NoError(o.t, json.Unmarshal([]byte(out), &rows))
	did := []string{}
	for _, r := range rows {
		did = append(did, r.Action+" "+r.URL)
	}
	return did
}

func (o *office) registered() (urls []string) {
	o.t.Helper()
	all, err := o.client.Webhooks(o.t.Context())
	require.NoError(o.t, err)
	for _, h := range all {
		urls = append(urls, h.HookURL)
	}
	return urls
}

func (o *office) add(url string, change ...func(*servicetrade.Webhook)) {
	o.t.Helper()
	w := servicetrade.Webhook{
		HookURL: url, Enabled: true,
		Events: []servicetrade.WebhookEvent{{EntityType: 13, Actions: []string{"updated", "created"}}},
	}
	for _, f := range change {
		f(&w)
	}
	_, err := o.client.CreateWebhook(o.t.Context(), w)
	require.NoError(o.t, err)
}

const shown = hookBase + "/webhook/acme/********"

func address(secret string) string { return hookBase + "/webhook/acme/" + secret }

func TestConnectRegistersOnce(t *testing.T) {
	o := newOffice(t)
	require.Equal(t, []string{"would register " + shown}, o.connect(newSecret, "--dry-run"))
	require.Empty(t, o.registered())
	require.Equal(t, []string{"registered " + shown}, o.connect(newSecret))
	all, err := o.client.Webhooks(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, servicetrade.Webhook{
		ID: all[0].ID, HookURL: address(newSecret), Enabled: true, Confirmed: true,
		Events: []servicetrade.WebhookEvent{{EntityType: 13, Actions: []string{"created", "updated"}}},
	}, all[0])
	for range 3 {
		require.Equal(t, []string{"kept " + shown}, o.connect(newSecret, "--account", "acme"))
	}
	require.Equal(t, []string{address(newSecret)}, o.registered())
}

func TestConnectCleansUpOnlyItsOwn(t *testing.T) {
	o := newOffice(t)
	others := []string{
		"https://billing.example/webhook", "https://hooks.acme.example/tp/webhook/acme-west/" + oldSecret,
		hookBase + "/webhook/acme/" + oldSecret + "/more", "https://former.example/webhook/acme/" + oldSecret,
	}
	for _, url := range others {
		o.add(url)
	}
	o.add(address(oldSecret))
	o.add(strings.Replace(address(oldSecret), "hooks.acme.example", "Hooks.Acme.Example:443", 1))
	o.add(address(newSecret), func(w *servicetrade.Webhook) { w.Enabled = false })
	o.add(address(newSecret), func(w *servicetrade.Webhook) { w.IncludeChangesets = true })
	o.add(address(newSecret), func(w *servicetrade.Webhook) { w.Events[0].EntityType = 3 })
	o.add(address(newSecret), func(w *servicetrade.Webhook) { w.Events[0].Actions = []string{"deleted"} })
	did := o.connect(newSecret, "--dry-run")
	require.Len(t, did, 11)
	require.Len(t, o.registered(), 10, "a dry run changes nothing")
	did = o.connect(newSecret)
	require.Contains(t, did, "registered "+shown)
	require.Contains(t, did, "left alone https://billing.example/...")
	require.ElementsMatch(t, append(others, address(newSecret)), o.registered())
	o.add(address(newSecret))
	o.add(address(newSecret))
	require.Contains(t, o.connect(newSecret), "deleted "+shown)
	require.ElementsMatch(t, append(others, address(newSecret)), o.registered(), "doubled ones become one")
	require.Len(t, o.connect(newSecret, "--remove", "--dry-run"), 5)
	require.Contains(t, o.connect(newSecret, "--remove"), "deleted "+shown)
	require.ElementsMatch(t, others, o.registered())
}

// The new registration is there before the old one is gone.
func TestConnectChangesTheSecretWithoutAGap(t *testing.T) {
	o := newOffice(t)
	o.connect(oldSecret)
	o.sandbox.API.ForgetRequests()
	o.connect(newSecret)
	var writes []string
	for _, r := range o.sandbox.API.Requests(sandbox.RequestFilter{}) {
		if strings.HasPrefix(r.Path, "/api/webhook") && r.Method != http.MethodGet {
			writes = append(writes, r.Method)
		}
	}
	require.Equal(t, []string{"POST", "DELETE"}, writes)
	require.Equal(t, []string{address(newSecret)}, o.registered())
}

func TestConnectLooksWhenTheAnswerIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		fault sandbox.Fault
		code  int
	}{
		"made, and the answer cut": {sandbox.Fault{CutAfter: true}, runtime.ExitOK},
		"not made":                 {sandbox.Fault{Status: http.StatusBadGateway}, runtime.ExitFailure},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			var once sync.Once
			o.sandbox.SetFaults(func(r *http.Request) (f *sandbox.Fault) {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/webhook") {
					once.Do(func() { f = &c.fault })
				}
				return f
			})
			code, _, errs := execute(t, "connect", "servicetrade", "-c", o.config(newSecret))
			require.Equal(t, c.code, code)
			if c.code == runtime.ExitOK {
				require.Equal(t, []string{address(newSecret)}, o.registered())
				return
			}
			require.Contains(t, errs, "Run the command again")
			require.Equal(t, []string{"registered " + shown}, o.connect(newSecret))
			require.Len(t, o.registered(), 1)
		})
	}
}

func TestConnectExplainsARefusal(t *testing.T) {
	o := newOffice(t)
	o.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
		if strings.Contains(r.URL.Path, "/webhook") {
			return &sandbox.Fault{Status: http.StatusForbidden, Body: `{"messages":{"error":["no ` + newSecret + `"]}}`}
		}
		return nil
	})
	code, out, errs := execute(t, "connect", "servicetrade", "-c", o.config(newSecret))
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, `account acme: list the webhooks: the user "integration" needs the permission admin.account`)
	require.NotContains(t, out+errs, newSecret)
}

func TestConnectTable(t *testing.T) {
	o := newOffice(t)
	o.add("https://former.example/webhook/acme/" + oldSecret)
	code, out, errs := execute(t, "connect", "servicetrade", "-c", o.config(newSecret))
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "registered")
	require.Contains(t, out, "looks like one of Tradepost under another public_url")
}

func TestConnectCommandLine(t *testing.T) {
	o := newOffice(t)
	code, _, errs := execute(t, "connect", "servicetrade", "-c", o.config(newSecret), "--account", "nobody")
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, `there is no account "nobody"`)
	for text, config := range map[string]string{
		"webhook.public_url is not set":       strings.Replace(fmt.Sprintf(connectConfig, "", o.url, newSecret), `public_url: ""`, "listen: off", 1),
		"no account has a webhook_secret":     strings.Replace(fmt.Sprintf(connectConfig, hookBase, o.url, newSecret), `, webhook_secret: "`+newSecret+`"`, "", 1),
		"webhook_secret: has 5 characters":    fmt.Sprintf(connectConfig, hookBase, o.url, "short"),
		"public_url: http:// cannot be used":  fmt.Sprintf(connectConfig, "http://hooks.acme.example", o.url, newSecret),
		"webhook_secret: has characters that": fmt.Sprintf(connectConfig, hookBase, o.url, strings.Repeat("ä", 30)),
	} {
		path := filepath.Join(t.TempDir(), "tradepost.yaml")
		require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
		code, _, errs := execute(t, "connect", "servicetrade", "-c", path)
		require.Equal(t, runtime.ExitConfig, code, errs)
		require.Contains(t, errs, text)
	}
	require.Empty(t, o.registered())
}
