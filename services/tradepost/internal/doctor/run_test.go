package doctor_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

func TestAllGreenAndNothingChanged(t *testing.T) {
	w := newWorld(t, sandbox.Options{Configured: true})
	broker := bustest.Server(t)
	js := broker.JS(t)
	w.nats["url"] = broker.URL()
	ids, err := w.sandbox.API.SendAll("")
	require.NoError(t, err)
	require.NoError(t, w.sandbox.API.SetStatus(ids[0], "failed"))
	_, err = w.sandbox.API.Comment(ids[0], "Not posted.", &[]string{})
	require.NoError(t, err)
	company := w.setUpBooks()
	store(t, js, `{"connection":"acme-books","companyId":"`+company.ID+`","companyName":"books"}`)
	before := tree(t, filepath.Join(w.dir, "books"))

	r := w.run()

	for _, one := range r.Results {
		if one.Check != "comment right" {
			require.Equal(t, doctor.OK, one.Status, "%+v", one)
		}
	}
	require.True(t, r.OK)
	require.Empty(t, r.Guides)
	require.Equal(t, "39 pending_accounting, 1 failed, 0 processed", only(t, r, onAccount, "invoices").Looked)
	require.Contains(t, only(t, r, onAccount, "comments").Looked, "1 found, none about anything else")
	require.Contains(t, only(t, r, onAccount, "external ids").Looked, `under "accounting"`)
	require.Contains(t, only(t, r, onBooks, "company").Looked, company.ID+"), as at first use")
	require.Equal(t, doctor.Skip, only(t, r, onAccount, "comment right").Status)
	require.Equal(t, before, tree(t, filepath.Join(w.dir, "books")), "nothing in the books was touched")
}

func TestWrongPassword(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.account["password"] = "correct-horse-battery"
	r := w.run()
	signIn := only(t, r, onAccount, "sign-in")
	require.Equal(t, doctor.Fail, signIn.Status)
	require.Equal(t, "servicetrade.signed_out", signIn.Code)
	require.Contains(t, signIn.Problem, "Invalid credentials provided")
	require.Empty(t, of(r, onAccount, "invoices"), "what needs a session was not tried")
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(raw)+r.Text(100, nil), "correct-horse-battery")
	require.Len(t, w.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPost}), 1, "one login, or the user is locked out")
}

func TestHostAway(t *testing.T) {
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	open := httptest.NewServer(nil)
	t.Cleanup(open.Close)
	for name, test := range map[string]struct{ url, problem string }{
		"closed port":           {"http://127.0.0.1:1/api", "connection refused"},
		"untrusted certificate": {secure.URL, "the certificate is not trusted"},
		"no TLS":                {strings.Replace(open.URL, "http:", "https:", 1), "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.account["url"] = test.url
			r := w.run()
			require.Contains(t, only(t, r, onAccount, "host").Problem, test.problem)
			require.Equal(t, doctor.Skip, only(t, r, onAccount, "sign-in").Status)
			require.False(t, r.OK)
		})
	}
}

func TestHostThatHangsIsBounded(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.options.Limit = 100 * time.Millisecond
	w.sandbox.SetFaults(func(*http.Request) *sandbox.Fault { return &sandbox.Fault{Latency: time.Hour} })
	began := time.Now()
	r := doctor.Run(t.Context(), w.write())
	require.Less(t, time.Since(began), time.Minute)
	require.Contains(t, only(t, r, onAccount, "host").Problem, "no answer in time")
}

func TestServiceTradeThatMisbehaves(t *testing.T) {
	for name, test := range map[string]struct {
		path    string
		fault   sandbox.Fault
		check   string
		status  doctor.Status
		problem string
		code    string
	}{
		"maintenance":   {"/api/auth", sandbox.Fault{Status: 503}, "sign-in", doctor.Fail, "cannot be reached", "servicetrade.unreachable"},
		"no permission": {"/api/invoice", sandbox.Fault{Status: 403}, "invoices", doctor.Fail, "not allowed to list invoices", "servicetrade.forbidden"},
		"throttled":     {"/api/invoice", sandbox.Fault{Status: 429, RetryAfter: time.Hour}, "invoices", doctor.Warn, "fewer calls", ""},
		"redirect":      {"/api/auth", sandbox.Fault{Status: 302}, "host", doctor.Fail, "redirects", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
				if r.URL.Path != test.path || r.Method == http.MethodDelete {
					return nil
				}
				return &test.fault
			})
			found := of(w.run(), onAccount, test.check)
			last := found[len(found)-1]
			require.Equal(t, test.status, last.Status, last)
			require.Contains(t, last.Problem, test.problem)
			require.Equal(t, test.code, last.Code)
		})
	}
}

func TestExternalSystem(t *testing.T) {
	for name, test := range map[string]struct {
		system string
		status doctor.Status
		text   string
	}{
		"not set":    {"", doctor.Skip, "they have some under: accounting"},
		"other name": {"quickbooks", doctor.Warn, "they have some under: accounting"},
		"impossible": {"Our System", doctor.Fail, "cannot be a system name"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.account["external_system"] = test.system
			found := only(t, w.run(), onAccount, "external ids")
			require.Equal(t, test.status, found.Status)
			require.Contains(t, found.Looked+found.Problem, test.text)
		})
	}
}

func TestSetupGuide(t *testing.T) {
	w := newWorld(t, sandbox.Options{Configured: true})
	w.account["external_system"] = ""
	steps := func(r *doctor.Report) string {
		var all []string
		for _, g := range r.Guides {
			all = append(all, append([]string{g.Title}, g.Steps...)...)
		}
		return strings.Join(all, "\n")
	}
	text := steps(w.run())
	require.Contains(t, text, "Type: Standard. System name: acme_books. Label: Main books. Save.")
	require.Contains(t, text, "Configure External System (Main books) > tick Can Be Sent Invoices > Save")
	require.Contains(t, text, "Send to Accounting System > pick Main books > Submit")
	require.Contains(t, text, "external_system: acme_books")

	_, err := w.sandbox.API.SendAll("")
	require.NoError(t, err)
	require.Empty(t, steps(w.run()), "not needed once an invoice was sent")
	w.options.Setup = true
	require.Contains(t, steps(w.run()), "Can Be Sent Invoices")
}

func TestConfigurationProblemsDoNotEndTheLook(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.account["poll_interval"] = "soon"
	w.conn["mapping_file"] = "nowhere.yaml"
	r := w.run()
	found := of(r, "configuration", "file")
	require.Len(t, found, 2)
	require.Regexp(t, `tradepost\.yaml:\d+:\d+$`, found[0].Where)
	require.Equal(t, doctor.OK, only(t, r, onAccount, "sign-in").Status)
	require.Equal(t, doctor.Skip, only(t, r, onBooks, "mapping").Status)

	w.options.Path = "/nowhere/tradepost.yaml"
	r = doctor.Run(t.Context(), w.options)
	require.False(t, r.OK)
	require.Contains(t, r.Results[0].Problem, "cannot be read")
}

func TestNarrowed(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.options.Connection = "acme-books"
	require.Len(t, of(w.run(), onAccount, "host"), 1)
	w.options.Connection, w.options.Account = "", "acme"
	require.Len(t, of(w.run(), onBooks, "books"), 1)
	w.options.Account = "umbrella"
	r := w.run()
	require.Contains(t, only(t, r, "configuration", "names").Problem, `no account "umbrella"`)
	require.Empty(t, of(r, onAccount, "host"))
	w.options.Account, w.options.Connection = "", "umbrella-books"
	require.Contains(t, only(t, w.run(), "configuration", "names").Fix, "acme-books")
}

func TestLongHistoryIsNotReadWhole(t *testing.T) {
	w := newWorld(t, sandbox.Options{Book: sandbox.GenerateBook(sandbox.BookOptions{Seed: 1, Invoices: 120, MaxLines: 2})})
	for _, inv := range w.sandbox.API.Invoices("ok") {
		require.NoError(t, w.sandbox.API.SetStatus(inv.ID, "processed"))
	}
	r := w.run()
	require.Equal(t, "0 pending_accounting, 0 failed, at least 50 processed", only(t, r, onAccount, "invoices").Looked)
	require.Equal(t, doctor.OK, only(t, r, onAccount, "records").Status)
	lists := 0
	for _, request := range w.sandbox.API.Requests(sandbox.RequestFilter{Prefix: "/api/invoice"}) {
		if request.Path == "/api/invoice" {
			lists++
		}
	}
	require.Equal(t, 3, lists, "one page of each list")
}

func TestSigningInWithAnOAuth2Client(t *testing.T) {
	w := newWorld(t, sandbox.Options{Configured: true})
	w.account["auth"], w.account["client_id"], w.account["client_secret"] = "oauth2", sandbox.DefaultClientID, sandbox.DefaultClientSecret
	delete(w.account, "username")
	delete(w.account, "password")
	r := w.run()
	signIn := only(t, r, onAccount, "sign-in")
	require.Equal(t, doctor.OK, signIn.Status, signIn.Problem)
	require.Contains(t, signIn.Looked, "signed in as ")
	require.Equal(t, doctor.OK, only(t, r, onAccount, "records").Status)

	w.account["client_secret"] = "wrong"
	signIn = only(t, w.run(), onAccount, "sign-in")
	require.Equal(t, doctor.Fail, signIn.Status)
	require.Contains(t, signIn.Problem, sandbox.DefaultClientID)
	require.Contains(t, signIn.Problem, "invalid_client")
	require.NotContains(t, signIn.Problem, "wrong")
}
