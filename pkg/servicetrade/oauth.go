package servicetrade

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The ways of signing in.
const (
	// AuthSession signs in with user name and password, and gets a session.
	AuthSession = "session"
	// AuthOAuth2 signs in with an OAuth2 client (grant client_credentials), and
	// gets a token. Not every ServiceTrade account has it.
	AuthOAuth2 = "oauth2"
)

const (
	tokenPath    = "/oauth2/token"
	revokePath   = "/oauth2/revoke"
	userinfoPath = "/oauth2/userinfo"
	// renewBefore is how long before its end a token is renewed; one that lives
	// shorter than twice as long is renewed at half its life.
	renewBefore = 5 * time.Minute
	// tokenLife is taken where the answer says nothing of it.
	tokenLife    = time.Hour
	maxTokenLife = 30 * 24 * time.Hour
)

func (c *Client) oauth() bool { return c.auth == AuthOAuth2 }

// identity is whom we sign in as, without what proves it.
func (c *Client) identity() string {
	if c.oauth() {
		return c.clientID
	}
	return c.username
}

func (c *Client) signInPath() string {
	if c.oauth() {
		return tokenPath
	}
	return authPath
}

// login signs in once; it is never repeated by itself. last is what was had
// before, whose refresh token is used first.
func (c *Client) login(ctx context.Context, last Access) (Access, *Error) {
	if !c.oauth() {
		return c.loginSession(ctx)
	}
	if last.Refresh != "" {
		a, fault := c.grant(ctx, map[string]string{"grant_type": "refresh_token", "refresh_token": last.Refresh})
		if fault == nil {
			a.Refresh = orDefault(a.Refresh, last.Refresh)
			a.User = last.User
			return a, nil
		}
		if !fault.SignedOut { // away; a refresh token that was refused is not tried again
			return Access{}, fault
		}
	}
	return c.grant(ctx, map[string]string{"grant_type": "client_credentials"})
}

// grant asks for a token.
func (c *Client) grant(ctx context.Context, with map[string]string) (Access, *Error) {
	with["client_id"], with["client_secret"] = c.clientID, c.clientSecret
	r := request{method: http.MethodPost, path: tokenPath}
	var err error
	if r.body, err = json.Marshal(with); err != nil {
		return Access{}, r.fail(err)
	}
	began := c.now()
	rep, fault := c.exchange(ctx, r, "")
	if fault != nil {
		switch fault.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			fault.SignedOut = true
		}
		return Access{}, fault
	}
	a, err := decodeToken(rep.body, began)
	if err != nil {
		fault = r.fail(err)
		fault.Status = rep.status
		return Access{}, fault
	}
	return a, nil
}

// decodeToken reads the answer of the token endpoint, which has no envelope.
func decodeToken(body []byte, now time.Time) (Access, error) {
	var top object
	if err := json.Unmarshal(body, &top); err != nil {
		return Access{}, fmt.Errorf("%w: %w", errNoJSON, err)
	}
	a := Access{Token: top.text("access_token"), Refresh: top.text("refresh_token")}
	if kind := top.text("token_type"); kind != "" && !strings.EqualFold(kind, "bearer") {
		return Access{}, errors.New("the answer holds a token of another type than bearer")
	}
	if a.Token == "" {
		return Access{}, errors.New("the answer holds no access token")
	}
	if unfit(a.Token) {
		return Access{}, errors.New("the answer holds an access token that no header can carry")
	}
	life := tokenLife
	if seconds := top.integer("expires_in"); seconds > 0 {
		life = time.Duration(min(seconds, int64(maxTokenLife/time.Second))) * time.Second
	} else if left, ok := jwtLife(a.Token, now); ok {
		life = left
	}
	a.Expires = now.Add(life)
	a.Renew = a.Expires.Add(-min(renewBefore, life/2))
	return a, nil
}

// jwtLife reads from a token how long it lives: from iat to exp, so that our clock
// need not be right, or from now where it has no iat.
func jwtLife(token string, now time.Time) (time.Duration, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return 0, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return 0, false
	}
	claims := asObject(payload)
	exp, from := claims.integer("exp"), claims.integer("iat")
	if from <= 0 || from >= exp {
		from = now.Unix()
	}
	if exp <= from {
		return 0, false
	}
	return time.Duration(min(exp-from, int64(maxTokenLife/time.Second))) * time.Second, true
}

// revocation ends a token and its family.
func (c *Client) revocation(a Access) request {
	with := map[string]string{"client_id": c.clientID, "client_secret": c.clientSecret, "token": a.Token}
	if a.Refresh != "" {
		with["token"], with["refresh_token"] = a.Refresh, a.Refresh
	}
	body, _ := json.Marshal(with) // strings always encode
	return request{method: http.MethodPost, path: revokePath, body: body}
}

// userOfToken asks whose token it is; an empty user where that cannot be told.
func (c *Client) userOfToken(ctx context.Context, token string) User {
	rep, fault := c.try(ctx, request{method: http.MethodGet, path: userinfoPath}, token)
	if fault != nil {
		return User{}
	}
	o := asObject(rep.body)
	user := decodeUser(o)
	if user.ID == 0 {
		user.ID = o.integer("sub")
	}
	user.Username = orDefault(user.Username, o.text("preferred_username"))
	return user
}
