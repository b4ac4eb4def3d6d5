package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/runtime"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

const quickbooksConfig = `
nats: {url: %q}
secrets: {key_file: secrets.key}
%s
accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: "http://127.0.0.1:1", username: u, password: p, invoice_entity_type: 13}
connections:
  acme-qbo:
    account: acme
    connector: quickbooksonline
    mapping_file: mapping.yaml
    display_name: Acme Mechanical
    settings:
      url: %[3]q
      app:
        client_id: quickbooks-client
        client_secret: quickbooks-secret
        redirect_url: %[4]q
        authorize_url: %[3]s/connect/oauth2
        token_url: %[3]s/oauth2/v1/tokens/bearer
`

const quickbooksMapping = `
version: 1
customers: {match: [name]}
items: {match: [name]}
tax: {mode: none}
`

// firm is a company at QuickBooks Online, a NATS server, and a configuration.
type firm struct {
	t     *testing.T
	dir   string
	stand *stand.Stand
	realm string
	js    jetstream.JetStream
	back  string
	url   string
	nats  string
}

func newFirm(t *testing.T, more string) *firm {
	t.Helper()
	broker := bustest.Server(t)
	f := &firm{t: t, dir: t.TempDir(), js: broker.JS(t), nats: broker.URL()}
	f.stand = stand.New(stand.Options{Companies: 2, Empty: true, Limits: stand.NoLimits(), AutoConnect: true})
	f.realm = f.stand.API.Realms()[0]
	web := httptest.NewServer(f.stand)
	t.Cleanup(web.Close)
	f.url, f.back = web.URL, "http://"+bustest.FreeAddress(t)+"/connect/quickbooks/callback"
	f.write("secrets.key", keyring.NewKey()+"\n")
	f.write("mapping.yaml", quickbooksMapping)
	f.configure(more)
	return f
}

func (f *firm) configure(more string) {
	f.write("tradepost.yaml", fmt.Sprintf(quickbooksConfig, f.nats, more, f.url, f.back))
}

func (f *firm) write(name, text string) {
	f.t.Helper()
	require.NoError(f.t, os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600))
}

// run runs a command line to its end.
func (f *firm) run(stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	f.t.Helper()
	var out, told bytes.Buffer
	code = f.execute(f.t.Context(), stdin, &out, &told, args...)
	return code, out.String(), told.String()
}

func (f *firm) execute(ctx context.Context, stdin io.Reader, out, told io.Writer, args ...string) int {
	root := newRoot()
	root.SetArgs(append([]string{"--config", filepath.Join(f.dir, "tradepost.yaml")}, args...))
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(told)
	return finished(root.ExecuteContext(ctx), told)
}

var anyLink = regexp.MustCompile(`https?://\S+`)

// told is what a command that goes on has written so far.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
	link chan string
	once sync.Once
}

func (w *told) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	if link := anyLink.FindString(w.text.String()); link != "" && strings.Contains(w.text.String(), link+"\n") {
		w.once.Do(func() { w.link <- link })
	}
	return n, err
}

// click opens a link and presses its button; the stand-in's person says yes at once.
func (f *firm) click(link string) string {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(f.t, err)
	at, err := url.Parse(link)
	require.NoError(f.t, err)
	ticket := at.Query().Get("ticket")
	at.RawQuery = ""
	res, err := (&http.Client{Jar: jar}).PostForm(at.String(), url.Values{"ticket": {ticket}})
	require.NoError(f.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(f.t, err)
	return string(body)
}

// signIn runs the command, and does in the browser what it says.
func (f *firm) signIn(args ...string) (code int, stdout, page string) {
	f.t.Helper()
	w := &told{link: make(chan string, 1)}
	var out bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- f.execute(f.t.Context(), nil, &out, w, append([]string{"connect", "quickbooks", "acme-qbo"}, args...)...)
	}()
	page = f.click(bustest.Receive(f.t, w.link))
	return bustest.Receive(f.t, ended), out.String(), page
}

func (f *firm) status() signInRow {
	f.t.Helper()
	code, out, told := f.run(nil, "-o", "json", "connect", "quickbooks", "--status")
	require.Equal(f.t, runtime.ExitOK, code, told)
	var rows []signInRow
	require.NoError(f.t, json.Unmarshal([]byte(out), &rows))
	require.Len(f.t, rows, 1)
	return rows[0]
}

func TestConnectQuickBooksListensHere(t *testing.T) {
	f := newFirm(t, "")
	s := f.status()
	require.False(t, s.SignedIn)
	require.Equal(t, "never_signed_in", s.Reason)
	require.Contains(t, s.Fix, "tradepost connect quickbooks acme-qbo")

	code, out, page := f.signIn()
	require.Equal(t, runtime.ExitOK, code)
	require.Contains(t, page, "QuickBooks Online is connected")
	name := f.stand.API.Settings(f.realm).Name
	require.NotEmpty(t, name)
	require.Contains(t, page, "<strong>"+html.EscapeString(name)+"</strong>")
	require.Contains(t, page, "What happens next")
	require.Contains(t, out, "connection acme-qbo is signed in to QuickBooks Online, company "+name+" ("+f.realm+").")
	s = f.status()
	require.True(t, s.SignedIn)
	require.Equal(t, f.realm, s.Company)
	require.WithinDuration(t, time.Now().Add(101*24*time.Hour), s.UnusedUntil, time.Hour)
	require.WithinDuration(t, time.Now().Add(5*365*24*time.Hour), s.Ends, 3*24*time.Hour)
	code, out, _ = f.run(nil, "connect", "quickbooks", "--status")
	require.Equal(t, runtime.ExitOK, code)
	require.Regexp(t, `\((100|101) days\)`, out)
	require.NotContains(t, out, "quickbooks-secret")
}

func TestConnectQuickBooksByPasting(t *testing.T) {
	f := newFirm(t, "")
	w := &told{link: make(chan string, 1)}
	var out bytes.Buffer
	stdin, person := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- f.execute(t.Context(), stdin, &out, w, "connect", "quickbooks", "acme-qbo", "--paste")
	}()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(bustest.Receive(t, w.link))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	_, err = fmt.Fprintf(person, "  %s \r\n", res.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, runtime.ExitOK, bustest.Receive(t, ended), w.text.String())
	require.Equal(t, f.realm, f.status().Company)

	code, _, text := f.run(strings.NewReader("hello\n"), "connect", "quickbooks", "acme-qbo", "--paste")
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, text, "not the address at which the browser ended")
}

func TestConnectQuickBooksRefusesAnotherCompany(t *testing.T) {
	f := newFirm(t, "")
	kv, err := f.js.KeyValue(t.Context(), bus.BucketConnections)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), "acme-qbo", `{"connection":"acme-qbo","companyId":"1","companyName":"Acme Mechanical"}`)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &told{link: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() { ended <- f.execute(ctx, nil, io.Discard, w, "connect", "quickbooks", "acme-qbo") }()
	page := f.click(bustest.Receive(t, w.link))
	require.Contains(t, page, "You chose another company")
	cancel()
	require.Equal(t, runtime.ExitFailure, bustest.Receive(t, ended))
	require.Contains(t, w.text.String(), "another company was chosen")
	require.Contains(t, w.text.String(), "it was stopped before somebody had signed in")
	require.False(t, f.status().SignedIn)
}

func TestConnectQuickBooksSaysWhatIsMissing(t *testing.T) {
	f := newFirm(t, "")
	for want, args := range map[string][]string{
		"name the connection": {"connect", "quickbooks"},
		"no connection":       {"connect", "quickbooks", "other"},
	} {
		code, _, text := f.run(nil, args...)
		require.Equal(t, runtime.ExitConfig, code)
		require.Contains(t, text, want)
	}
	f.back = "https://tradepost.acme.example/connect/quickbooks/callback"
	f.configure("")
	code, _, text := f.run(nil, "connect", "quickbooks", "acme-qbo")
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, text, "neither on this machine nor under connect.public_url")
	f.configure("connect: {public_url: https://tradepost.acme.example}")
	code, out, text := f.run(nil, "connect", "quickbooks", "acme-qbo", "--no-wait")
	require.Equal(t, runtime.ExitOK, code, text)
	require.True(t, strings.HasPrefix(out, "https://tradepost.acme.example/connect/quickbooks/acme-qbo?ticket="), out)
}

// The key is replaced step by step, and the sign-in outlives it.
func TestKeysAreReplaced(t *testing.T) {
	f := newFirm(t, "")
	code, _, _ := f.signIn()
	require.Equal(t, runtime.ExitOK, code)
	first := f.status().Key
	ok := func(args ...string) string {
		t.Helper()
		code, out, text := f.run(nil, args...)
		require.Equal(t, runtime.ExitOK, code, text)
		return out
	}
	ok("keys", "add")
	code, out, text := f.run(nil, "keys", "drop", first)
	require.Equal(t, runtime.ExitConfig, code, out)
	require.Contains(t, text, "still encrypts the sign-in of connection acme-qbo")
	ok("keys", "promote")
	require.Contains(t, ok("keys", "reencrypt"), "1 sign-ins")
	require.NotEqual(t, first, f.status().Key)
	require.Contains(t, ok("keys"), "acme-qbo")
	ok("keys", "drop", first)
	info, err := os.Stat(filepath.Join(f.dir, "secrets.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	code, _, page := f.signIn()
	require.Equal(t, runtime.ExitOK, code, "the sign-in can still be opened: %s", page)

	f.write("secrets.key", keyring.NewKey())
	require.Contains(t, ok("keys"), "missing")
	before, err := os.ReadFile(filepath.Join(f.dir, "secrets.key"))
	require.NoError(t, err)
	require.Len(t, strings.Fields(ok("keys", "add", "--print")), 2)
	after, err := os.ReadFile(filepath.Join(f.dir, "secrets.key"))
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// doctor says of a connection that nobody signed in what to do, and of one that somebody
// did until when it lasts.
func TestDoctorLooksAtSignIns(t *testing.T) {
	f := newFirm(t, "")
	of := func(check string) (status, text string) {
		t.Helper()
		_, out, _ := f.run(nil, "-o", "json", "doctor")
		var report struct {
			Results []struct {
				System, Check, Status, Problem, Fix string
				Looked                              string `json:"looked_at"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(out), &report), out)
		for _, r := range report.Results {
			if r.System == "connection acme-qbo" && r.Check == check {
				return r.Status, r.Looked + r.Problem + r.Fix
			}
		}
		t.Fatal(out)
		return "", ""
	}
	status, text := of("sign-in")
	require.Equal(t, "fail", status, text)
	require.Contains(t, text, "nobody has signed connection acme-qbo in")
	require.Contains(t, text, "tradepost connect quickbooks acme-qbo")
	status, text = of("books")
	require.Equal(t, "skip", status, "it is told once")
	require.Contains(t, text, "that needs the sign-in")
	code, _, _ := f.signIn()
	require.Equal(t, runtime.ExitOK, code)
	status, text = of("books")
	require.Equal(t, "ok", status, text)
	status, text = of("sign-in")
	require.Equal(t, "ok", status)
	require.Contains(t, text, "signed in to company "+f.realm)
	require.Contains(t, text, "a person has to sign in again by")
}
