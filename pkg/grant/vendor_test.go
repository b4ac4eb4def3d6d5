package grant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	appID, appSecret = "app-id", "app-secret"
	day              = 24 * time.Hour
)

// rotation is how a vendor replaces refresh tokens.
type rotation int

const (
	// daily: a renewal more than a day after the token was given gives another one, and
	// the one before dies a day later. So QuickBooks Online documents it.
	daily rotation = iota
	// always: every renewal gives another one, and the one before dies a day later.
	always
	// strict: every renewal gives another one, and the ones before die with its first use.
	strict
)

// trick is what happens to one call.
type trick int

const (
	plain trick = iota
	// busy: nothing is done, 503.
	busy
	// lost: all is done, and the connection is cut before the answer.
	lost
	// late: all is done, and the answer is an error of a proxy.
	late
	// takenBack: the answer holds a refresh token that the vendor then does not know.
	takenBack
)

// vendor is an accounting system's sign-in, as its documentation describes it.
type vendor struct {
	*httptest.Server
	rotation rotation
	now      func() time.Time

	mu      sync.Mutex
	n       int
	refresh map[string]*given // by token
	newest  string
	access  map[string]time.Time
	codes   map[string]bool
	calls   []string
	trick   func() trick
	revoked bool
	badApp  bool
	hard    time.Time
}

type given struct {
	at   time.Time
	dies time.Time // zero while it is the newest
	used bool
}

const accessSeconds, idleDays, hardYears = 3600, 100, 5

func newVendor(t testing.TB, r rotation, now func() time.Time) *vendor {
	v := &vendor{
		rotation: r, now: now, refresh: map[string]*given{}, access: map[string]time.Time{}, codes: map[string]bool{},
		trick: func() trick { return plain },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tokens", v.tokens)
	mux.HandleFunc("GET /authorize", v.authorize)
	v.Server = httptest.NewServer(mux)
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) app() connector.SignIn { return v.appAt(v.URL) }

func (*vendor) appAt(base string) connector.SignIn {
	return connector.SignIn{
		System: "quickbooks", Title: "QuickBooks Online", ClientID: appID, ClientSecret: appSecret,
		AuthorizeURL: base + "/authorize", TokenURL: base + "/tokens", RedirectURL: "http://localhost:8085/connect/quickbooks/callback",
		Scopes: []string{"books"}, CompanyParam: "realmId", Header: http.Header{"X-Want-Hard-End": {"true"}},
		RefreshLifeField: "x_refresh_token_expires_in", HardLifeField: "x_refresh_token_hard_expires_in", RequestIDHeader: "vendor_tid",
	}
}

// authorize is the vendor's page, with a person who says yes at once.
func (v *vendor) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != appID || q.Get("response_type") != "code" || q.Get("scope") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	back, _ := url.Parse(q.Get("redirect_uri"))
	back.RawQuery = url.Values{"code": {v.code()}, "state": {q.Get("state")}, "realmId": {"9130"}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// code is what the redirect carries after a person said yes.
func (v *vendor) code() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.n++
	c := fmt.Sprintf("code-%d", v.n)
	v.codes[c] = true
	return c
}

func (v *vendor) tokens(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	_ = r.ParseForm()
	kind, token := r.PostForm.Get("grant_type"), r.PostForm.Get("refresh_token")
	v.calls = append(v.calls, kind+" "+token)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("vendor_tid", fmt.Sprintf("tid-%d", len(v.calls)))
	how := v.trick()
	switch {
	case how == busy:
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case id != appID || secret != appSecret || v.badApp:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"error":"invalid_client"}`)
		return
	case kind == "authorization_code" && v.codes[r.PostForm.Get("code")]:
		delete(v.codes, r.PostForm.Get("code"))
		v.revoked, v.newest, v.refresh = false, "", map[string]*given{}
		v.hard = v.now().Add(hardYears * 365 * day)
	case kind == "refresh_token" && v.works(token):
		v.use(token)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token %s"}`, token)
		return
	}
	v.answer(w, r, how)
}

func (v *vendor) works(token string) bool {
	g, known := v.refresh[token]
	now := v.now()
	return known && !v.revoked && now.Before(v.hard) && now.Sub(g.at) < idleDays*day && (g.dies.IsZero() || now.Before(g.dies))
}

// use marks a token as used; with strict rotation those before it die with that.
func (v *vendor) use(token string) {
	g := v.refresh[token]
	g.used = true
	if v.rotation == strict && token == v.newest {
		for other := range v.refresh {
			if other != token {
				delete(v.refresh, other)
			}
		}
	}
}

func (v *vendor) answer(w http.ResponseWriter, r *http.Request, how trick) {
	now := v.now()
	if v.newest == "" || v.rotation != daily || now.Sub(v.refresh[v.newest].at) > day {
		v.n++
		fresh := fmt.Sprintf("refresh-%d", v.n)
		if how != takenBack || v.newest == "" {
			if before := v.refresh[v.newest]; before != nil && v.rotation != strict {
				before.dies = now.Add(day)
			}
			v.newest = fresh
			v.refresh[fresh] = &given{at: now}
		}
		v.write(w, r, how, fresh)
		return
	}
	v.write(w, r, how, v.newest)
}

func (v *vendor) write(w http.ResponseWriter, r *http.Request, how trick, refresh string) {
	v.n++
	access := fmt.Sprintf("access-%d", v.n)
	v.access[access] = v.now().Add(accessSeconds * time.Second)
	body := map[string]any{
		"token_type": "bearer", "access_token": access, "expires_in": accessSeconds, "refresh_token": refresh,
		"x_refresh_token_expires_in": int((idleDays * day).Seconds()),
	}
	if r.Header.Get("X-Want-Hard-End") == "true" {
		body["x_refresh_token_hard_expires_in"] = int(v.hard.Sub(v.now()).Seconds())
	}
	switch how {
	case lost:
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	case late:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = fmt.Fprint(w, "<html>bad gateway</html>")
	default:
		_ = json.NewEncoder(w).Encode(body)
	}
}

// accepts tells whether a call with the access token would be answered.
func (v *vendor) accepts(access string) bool { return v.acceptsAt(access, v.now()) }

// acceptsAt is for a token that was given at some time since: other processes may let
// time pass between that and the question.
func (v *vendor) acceptsAt(access string, at time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	ends, known := v.access[access]
	return known && !v.revoked && at.Before(ends)
}

func (v *vendor) called() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.calls)
}

func (v *vendor) change(do func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	do()
}
