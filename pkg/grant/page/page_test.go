package page_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/grant/page"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// company is an accounting system whose page a person says yes on at once, or no.
type company struct {
	*httptest.Server
	mu    sync.Mutex
	realm string
	deny  bool
	n     int
	asked url.Values
}

func newCompany(t *testing.T) *company {
	c := &company{realm: "9130"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = r.URL.Query()
		answer := url.Values{"state": {c.asked.Get("state")}, "code": {"the-code"}, "realmId": {c.realm}}
		if c.deny {
			answer = url.Values{"state": {c.asked.Get("state")}, "error": {"access_denied"}}
		}
		http.Redirect(w, r, c.asked.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /tokens", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n++
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("code") != "the-code" || r.PostFormValue("redirect_uri") == "" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"token_type":"bearer","access_token":"access-%d","refresh_token":"refresh-%d","expires_in":3600}`, c.n, c.n)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

// site is the pages, and a browser.
type site struct {
	t       *testing.T
	js      jetstream.JetStream
	company *company
	web     *httptest.Server
	path    string
	desk    *grant.Desk
	browser *http.Client
	ended   []error
}

func newSite(t *testing.T) *site { return newSiteUnder(t, "") }

// newSiteUnder is a site that a proxy puts under a path.
func newSiteUnder(t *testing.T, path string) *site {
	s := &site{t: t, js: bustest.Server(t).JS(t), company: newCompany(t)}
	ring, err := keyring.Parse(keyring.NewKey())
	require.NoError(t, err)
	keeper, err := grant.Open(t.Context(), grant.Options{JS: s.js, Ring: ring})
	require.NoError(t, err)
	s.desk = &grant.Desk{Keeper: keeper, Connection: func(_ context.Context, id string) (grant.Connection, bool) {
		return grant.Connection{ID: "acme-qbo", Name: "Acme <main> books", Account: "acme", SignIn: connector.SignIn{
			System: "quickbooks", Title: "QuickBooks Online", ClientID: "id", ClientSecret: "secret", Scopes: []string{"books"},
			AuthorizeURL: s.company.URL + "/authorize", TokenURL: s.company.URL + "/tokens", CompanyParam: "realmId",
			RedirectURL: s.web.URL + path + "/connect/quickbooks/callback",
		}}, id == "acme-qbo"
	}}
	s.path = path
	s.web = httptest.NewServer(http.StripPrefix(path, page.New(page.Options{
		Desk: s.desk, Log: slog.New(slog.DiscardHandler), Done: func(_ grant.Finished, err error) { s.ended = append(s.ended, err) },
	})))
	t.Cleanup(s.web.Close)
	s.browser = newBrowser(t)
	return s
}

func newBrowser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

// link is a new link, as the command prints it.
func (s *site) link() string {
	ticket, err := s.desk.Invite(s.t.Context(), "acme-qbo", false)
	require.NoError(s.t, err)
	c, _ := s.desk.Connection(s.t.Context(), "acme-qbo")
	return grant.Link(s.web.URL+s.path, c, ticket)
}

func (s *site) get(at string) (int, string) {
	res, err := s.browser.Get(at)
	require.NoError(s.t, err)
	return s.read(res)
}

func (s *site) read(res *http.Response) (int, string) {
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, "no-store", res.Header.Get("Cache-Control"))
	require.Contains(s.t, res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	return res.StatusCode, string(body)
}

var ticketField = regexp.MustCompile(`name="ticket" value="([^"]*)"`)

// press opens a link and presses its button.
func (s *site) press(link string) (int, string) {
	status, body := s.get(link)
	require.Equal(s.t, http.StatusOK, status, body)
	found := ticketField.FindStringSubmatch(body)
	require.NotNil(s.t, found, body)
	at, _, _ := strings.Cut(link, "?")
	res, err := s.browser.PostForm(at, url.Values{"ticket": {found[1]}})
	require.NoError(s.t, err)
	return s.read(res)
}

func (s *site) company1() string {
	states, err := grant.States(s.t.Context(), s.js)
	require.NoError(s.t, err)
	return states["acme-qbo"].Company
}

func TestSignIn(t *testing.T) {
	s := newSite(t)
	link := s.link()
	status, body := s.get(link)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "Connect QuickBooks Online with Tradepost")
	require.Contains(t, body, "Acme &lt;main&gt; books (acme-qbo)")
	require.Contains(t, body, "You choose it on the next page")
	status, body = s.press(link)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, "QuickBooks Online is connected")
	require.Contains(t, body, "9130")
	require.Equal(t, "9130", s.company1())
	require.Equal(t, []error{nil}, s.ended)
	require.Equal(t, "code", s.company.asked.Get("response_type"))
	require.Equal(t, "books", s.company.asked.Get("scope"))
	require.GreaterOrEqual(t, len(s.company.asked.Get("state")), 26)

	status, body = s.get(link)
	require.Equal(t, http.StatusNotFound, status, "a link is of no use after the sign-in")
	require.Contains(t, body, "not valid any more")
}

func TestAProxyMayPutThePagesUnderAPath(t *testing.T) {
	s := newSiteUnder(t, "/books")
	_, body := s.press(s.link())
	require.Contains(t, body, "QuickBooks Online is connected")
}

func TestWhoSaysNoMayComeAgain(t *testing.T) {
	s := newSite(t)
	link := s.link()
	s.company.deny = true
	status, body := s.press(link)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "You did not allow the connection")
	require.Empty(t, s.company1())
	s.company.deny = false
	_, body = s.press(link)
	require.Contains(t, body, "is connected")
}

func TestTheWrongCompanyIsRefusedInWords(t *testing.T) {
	s := newSite(t)
	kv, err := s.js.KeyValue(t.Context(), bus.BucketConnections)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), "acme-qbo", `{"connection":"acme-qbo","companyId":"77","companyName":"Acme Mechanical"}`)
	require.NoError(t, err)
	link := s.link()
	_, body := s.get(link)
	require.Contains(t, body, "Acme Mechanical (id 77). Choose this one")
	status, body := s.press(link)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, body, "another company")
	require.Contains(t, body, "Acme Mechanical")
	require.Zero(t, s.company.n, "no tokens are fetched")
	require.Empty(t, s.company1())
	require.ErrorIs(t, s.ended[0], grant.ErrOtherCompany)
}

// Nobody comes in with a state of somebody else, of his own making, or twice.
func TestStates(t *testing.T) {
	s := newSite(t)
	callback := s.web.URL + "/connect/quickbooks/callback"
	refused := func(at string) {
		t.Helper()
		status, body := s.get(at)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, body, "was not begun in this browser")
		require.Empty(t, s.company1())
	}
	refused(callback)
	refused(callback + "?code=the-code&realmId=9130&state=made-up")

	// Somebody has another's browser come back with his own sign-in.
	begin := func() string {
		at, query, _ := strings.Cut(s.link(), "?")
		ticket, _ := url.ParseQuery(query)
		b, err := s.desk.Begin(t.Context(), "quickbooks", "acme-qbo", ticket.Get("ticket"))
		require.NoError(t, err, at)
		u, err := url.Parse(b.URL)
		require.NoError(t, err)
		return u.Query().Get("state")
	}
	state := begin()
	refused(callback + "?code=the-code&realmId=9130&state=" + state)
	_, err := s.desk.Finish(t.Context(), "quickbooks", url.Values{"state": {state}, "code": {"the-code"}, "realmId": {"9130"}}, "")
	require.ErrorIs(t, err, grant.ErrState, "a state that came once is used up")

	_, body := s.press(s.link())
	require.Contains(t, body, "is connected")
	again := s.company.asked.Get("state")
	status, _ := s.get(callback + "?code=the-code&realmId=1&state=" + again)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "9130", s.company1())
}

func TestNoLinkNoPage(t *testing.T) {
	s := newSite(t)
	link := s.link()
	for _, at := range []string{
		s.web.URL + "/connect/quickbooks/acme-qbo", s.web.URL + "/connect/quickbooks/acme-qbo?ticket=x",
		strings.Replace(link, "acme-qbo", "other", 1), strings.Replace(link, "/quickbooks/", "/xero/", 1),
	} {
		status, body := s.get(at)
		require.Equal(t, http.StatusNotFound, status, at)
		require.NotContains(t, body, "Acme", "strangers learn nothing")
	}
	_, err := s.desk.Invite(t.Context(), "other", false)
	require.Error(t, err)
	kv, err := s.js.KeyValue(t.Context(), bus.BucketGrants)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	_, query, _ := strings.Cut(link, "ticket=")
	require.NotContains(t, strings.Join(keys, " "), query, "who reads the bucket cannot use a link")
}
