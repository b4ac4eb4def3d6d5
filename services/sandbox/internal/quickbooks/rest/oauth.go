package rest

import (
	"crypto/subtle"
	_ "embed"
	"html/template"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
)

//go:embed authorize.html
var authorizeHTML string

var authorizePage = template.Must(template.New("authorize").Parse(authorizeHTML))

// scope is the only one that this stand-in knows.
const scope = "com.intuit.quickbooks.accounting"

// authorize is the page on which a user lets an app into a company, and the
// button on it (Intuit documentation, "Set up OAuth 2.0", authorization request).
// What is wrong with the app or its address is shown here; the rest is told to
// the app in the redirect.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	app, ok := s.Desk.App(r.FormValue("client_id"))
	redirect := r.FormValue("redirect_uri")
	switch {
	case !ok:
		http.Error(w, "Sorry, but the client_id is not known.", http.StatusBadRequest)
		return
	case !mayRedirect(app, redirect):
		http.Error(w, "Sorry, but the redirect_uri query parameter value is invalid. Make sure it is listed in the Redirect URIs section on your app's keys tab and matches it exactly.", http.StatusBadRequest)
		return
	}
	state := r.FormValue("state")
	switch {
	case r.FormValue("response_type") != "code":
		back(w, r, redirect, url.Values{"error": {"unsupported_response_type"}, "state": {state}})
	case !slices.Contains(strings.Fields(r.FormValue("scope")), scope):
		back(w, r, redirect, url.Values{"error": {"invalid_scope"}, "state": {state}})
	case state == "":
		back(w, r, redirect, url.Values{"error": {"invalid_request"}, "error_description": {"state is required"}})
	case r.Method == http.MethodPost && r.FormValue("connect") == "":
		back(w, r, redirect, url.Values{"error": {"access_denied"}, "state": {state}})
	case r.Method == http.MethodPost || s.AutoConnect:
		s.connect(w, r, app, redirect, state)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = authorizePage.Execute(w, map[string]any{"App": app.ID, "Companies": s.Companies(), "Form": r.Form}) // the client is gone when this fails
	}
}

func (s *Server) connect(w http.ResponseWriter, r *http.Request, app grants.App, redirect, state string) {
	realm := r.FormValue("realm")
	if all := s.Companies(); realm == "" && len(all) > 0 {
		realm = all[0].Realm
	}
	if s.Company(realm) == nil {
		http.Error(w, "there is no such company", http.StatusBadRequest)
		return
	}
	back(w, r, redirect, url.Values{"code": {s.Desk.Code(app.ID, realm, redirect)}, "state": {state}, "realmId": {realm}})
}

func back(w http.ResponseWriter, r *http.Request, redirect string, values url.Values) {
	target, err := url.Parse(redirect)
	if err != nil { // checked before
		http.Error(w, "the redirect_uri cannot be read", http.StatusBadRequest)
		return
	}
	query := target.Query()
	maps.Copy(query, values)
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// mayRedirect compares exactly with what is registered; an app without a list may
// go to any address on this machine.
func mayRedirect(app grants.App, redirect string) bool {
	if len(app.RedirectURIs) > 0 {
		return slices.Contains(app.RedirectURIs, redirect)
	}
	target, err := url.Parse(redirect)
	if err != nil || target.Scheme != "http" && target.Scheme != "https" {
		return false
	}
	host := target.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func oauthError(w http.ResponseWriter, status int, code, description string) {
	body := map[string]any{"error": code}
	if description != "" {
		body["error_description"] = description
	}
	write(w, status, "application/json;charset=utf-8", encode(body))
}

// client checks the app's own credentials, which come as Basic authentication
// (Intuit documentation, "Set up OAuth 2.0", exchange of the code).
func (s *Server) client(w http.ResponseWriter, r *http.Request) (grants.App, bool) {
	id, secret, _ := r.BasicAuth()
	app, ok := s.Desk.App(id)
	if !ok || subtle.ConstantTimeCompare([]byte(app.Secret), []byte(secret)) != 1 {
		oauthError(w, http.StatusUnauthorized, "invalid_client", "")
		return app, false
	}
	return app, true
}

// token exchanges a code, or a refresh token, for tokens.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	app, ok := s.client(w, r)
	if !ok {
		return
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.ParseForm() != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "the body must be a form")
		return
	}
	var t grants.Tokens
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		t, ok = s.Desk.Exchange(app.ID, r.PostFormValue("code"), r.PostFormValue("redirect_uri"))
		if !ok {
			oauthError(w, http.StatusBadRequest, "invalid_grant", "")
			return
		}
	case "refresh_token":
		t, ok = s.Desk.Refresh(app.ID, r.PostFormValue("refresh_token"))
		if !ok {
			oauthError(w, http.StatusBadRequest, "invalid_grant", "Incorrect or invalid refresh token")
			return
		}
	default:
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "")
		return
	}
	body := map[string]any{
		"token_type": "bearer", "access_token": t.Access, "expires_in": seconds(t.AccessIn),
		"refresh_token": t.Refresh, "x_refresh_token_expires_in": seconds(t.RefreshIn),
	}
	if r.Header.Get("x-include-refresh-token-hard-expires-in") == "true" {
		body["x_refresh_token_hard_expires_in"] = seconds(t.RefreshHard)
	}
	w.Header().Set("Cache-Control", "no-cache, no-store")
	write(w, http.StatusOK, "application/json;charset=utf-8", encode(body))
}

func seconds(d time.Duration) int { return int(d.Round(time.Second).Seconds()) }

// revoke ends a connection: the body is JSON with a token, of either kind (Intuit
// documentation, "Set up OAuth 2.0", revoke token).
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	app, ok := s.client(w, r)
	if !ok {
		return
	}
	var token string
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		if body, f := decode(r); f == nil {
			token, _ = body["token"].(string)
		}
	} else {
		token = r.PostFormValue("token")
	}
	if !s.Desk.Revoke(app.ID, token) {
		oauthError(w, http.StatusBadRequest, "invalid_request", "")
		return
	}
	w.WriteHeader(http.StatusOK)
}

// discovery tells where the endpoints are (Intuit documentation, "OpenID Connect",
// discovery document).
func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	write(w, http.StatusOK, "application/json", encode(map[string]any{
		"issuer": base, "authorization_endpoint": base + "/connect/oauth2", "token_endpoint": base + "/oauth2/v1/tokens/bearer",
		"revocation_endpoint": base + "/v2/oauth2/tokens/revoke", "response_types_supported": []string{"code"},
		"scopes_supported": []string{scope}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
	}))
}
