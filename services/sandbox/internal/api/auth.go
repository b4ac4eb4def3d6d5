package api

import (
	"net/http"

	"github.com/tradepost/tradepost/services/sandbox/internal/session"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

type wireAuth struct {
	Authenticated bool      `json:"authenticated"`
	AuthToken     *string   `json:"authToken"`
	User          *wireUser `json:"user,omitempty"`
}

// login opens a session. Credentials come as JSON, as a form, or in the query.
func (a *API) login(w http.ResponseWriter, r *http.Request) {
	b, err := readBody(r)
	if err != nil {
		a.fail(r.Context(), w, err)
		return
	}
	username, password := b.text("username"), b.text("password")
	if username == "" && password == "" {
		username, password = r.URL.Query().Get("username"), r.URL.Query().Get("password")
	}
	if username == "" || password == "" {
		a.refuse(w, http.StatusBadRequest, "Username and password are required")
		return
	}
	token, userID, ok := a.Sessions.Login(username, password)
	if !ok {
		a.writeJSON(w, http.StatusForbidden, envelope{
			Messages: messages{"error": {"Invalid credentials provided"}}, Data: wireAuth{},
		})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "PHPSESSID", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // plain http on a test machine
	a.write(w, http.StatusOK, a.session(userID, token))
}

func (a *API) session(userID int64, token string) wireAuth {
	out := wireAuth{Authenticated: true, AuthToken: &token}
	a.Store.Read(func(t *state.Tables) {
		if u := t.Users[userID]; u != nil {
			user := a.user(t, u)
			out.User = &user
		}
	})
	return out
}

// whoAmI answers with the session's data, 404 without one.
func (a *API) whoAmI(w http.ResponseWriter, r *http.Request) {
	userID, token, ok := a.signedIn(r)
	if !ok {
		a.refuse(w, http.StatusNotFound, "No session")
		return
	}
	a.write(w, http.StatusOK, a.session(userID, token))
}

// logout ends the session of the cookie.
func (a *API) logout(w http.ResponseWriter, r *http.Request) {
	_, token, ok := a.signedIn(r)
	if !ok {
		a.refuse(w, http.StatusUnauthorized, "Not authenticated")
		return
	}
	if token != "" {
		a.Sessions.Logout(token)
	}
	http.SetCookie(w, &http.Cookie{Name: "PHPSESSID", Value: "deleted", Path: "/", MaxAge: -1}) //nolint:gosec // it only removes
	w.WriteHeader(http.StatusNoContent)
}

// token issues OAuth2 tokens; the answer has no envelope.
func (a *API) token(w http.ResponseWriter, r *http.Request) {
	b, err := readBody(r)
	if err != nil {
		a.writeJSON(w, http.StatusBadRequest, &session.OAuthError{Code: "invalid_request", Description: err.Error()})
		return
	}
	req := session.Request{
		GrantType: b.text("grant_type"), ClientID: b.text("client_id"), ClientSecret: b.text("client_secret"),
		RefreshToken: b.text("refresh_token"),
	}
	if id, secret, ok := r.BasicAuth(); ok {
		req.ClientID, req.ClientSecret = id, secret
	}
	tokens, refused := a.Sessions.Grant(req)
	switch {
	case refused == nil:
		w.Header().Set("Cache-Control", "no-store")
		a.writeJSON(w, http.StatusOK, tokens)
	case refused.Code == "invalid_client":
		a.writeJSON(w, http.StatusUnauthorized, refused)
	default:
		a.writeJSON(w, http.StatusBadRequest, refused)
	}
}

// revoke ends a token. An unknown one is no error.
func (a *API) revoke(w http.ResponseWriter, r *http.Request) {
	b, err := readBody(r)
	if err != nil {
		a.writeJSON(w, http.StatusBadRequest, &session.OAuthError{Code: "invalid_request", Description: err.Error()})
		return
	}
	for _, name := range []string{"token", "refresh_token"} {
		if token := b.text(name); token != "" {
			a.Sessions.Revoke(token)
		}
	}
	a.writeJSON(w, http.StatusOK, struct{}{})
}

// userinfo tells whose token it is; the answer has no envelope.
func (a *API) userinfo(w http.ResponseWriter, r *http.Request) {
	userID, _, ok := a.signedIn(r)
	if !ok {
		a.writeJSON(w, http.StatusUnauthorized, &session.OAuthError{Code: "invalid_token", Description: "The access token is invalid"})
		return
	}
	user := a.session(userID, "").User
	if user == nil {
		a.writeJSON(w, http.StatusUnauthorized, &session.OAuthError{Code: "invalid_token", Description: "The user is gone"})
		return
	}
	a.writeJSON(w, http.StatusOK, map[string]any{
		"sub": user.ID, "name": user.Name, "email": user.Email, "preferred_username": user.Username, "company": user.Company,
	})
}
