package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// grant is what stands behind a token. Tokens of one family came from one
// another; revoking ends the family.
type grant struct {
	userID   int64
	clientID string
	family   string
	expires  time.Time
}

// Request is a token request; what the grant type does not need stays empty.
type Request struct {
	GrantType    string
	ClientID     string
	ClientSecret string
	RefreshToken string
}

// Tokens is the answer of the token endpoint.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
}

// OAuthError is an error in OAuth2's own shape.
type OAuthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// Error is the code and the description.
func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

// Grant issues tokens for client_credentials and refresh_token. A refresh token
// works once; each answer brings the next.
func (m *Manager) Grant(r Request) (Tokens, *OAuthError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r.GrantType {
	case "client_credentials":
		for _, c := range m.cfg.Clients {
			if same(c.ID, r.ClientID) && same(c.Secret, r.ClientSecret) {
				return m.issue(grant{userID: c.UserID, clientID: c.ID, family: random()}), nil
			}
		}
		return Tokens{}, &OAuthError{"invalid_client", "Client authentication failed"}
	case "refresh_token":
		old, ok := m.refresh[r.RefreshToken]
		if !ok || (r.ClientID != "" && r.ClientID != old.clientID) {
			return Tokens{}, &OAuthError{"invalid_grant", "The refresh token is invalid"}
		}
		delete(m.refresh, r.RefreshToken)
		return m.issue(old), nil
	default:
		return Tokens{}, &OAuthError{"unsupported_grant_type", "The grant type must be client_credentials or refresh_token"}
	}
}

func (m *Manager) issue(g grant) Tokens {
	now := m.cfg.Now()
	for token, old := range m.access {
		if !now.Before(old.expires) {
			delete(m.access, token)
		}
	}
	g.expires = now.Add(m.cfg.TokenLifetime)
	t := Tokens{
		AccessToken: m.sign(g, now), TokenType: "Bearer",
		ExpiresIn: int64(m.cfg.TokenLifetime / time.Second), RefreshToken: random(),
	}
	m.access[t.AccessToken], m.refresh[t.RefreshToken] = g, g
	return t
}

// sign makes a JSON Web Token, since clients read its exp to renew in time.
func (m *Manager) sign(g grant, now time.Time) string {
	claims, _ := json.Marshal(map[string]any{ // strings and numbers only: cannot fail
		"iss": "servicetrade-sandbox", "aud": g.clientID, "sub": g.userID, "jti": random(),
		"iat": now.Unix(), "exp": g.expires.Unix(),
	})
	encode := base64.RawURLEncoding.EncodeToString
	body := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, m.key)
	mac.Write([]byte(body))
	return body + "." + encode(mac.Sum(nil))
}

// Bearer gives the user of a live access token.
func (m *Manager) Bearer(token string) (int64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.access[token]
	return g.userID, ok && m.cfg.Now().Before(g.expires)
}

// Revoke ends a refresh or access token and all others of its family. An
// unknown token is revoked already.
func (m *Manager) Revoke(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.refresh[token]
	if !ok {
		if g, ok = m.access[token]; !ok {
			return
		}
	}
	for _, tokens := range []map[string]grant{m.refresh, m.access} {
		for t, other := range tokens {
			if other.family == g.family {
				delete(tokens, t)
			}
		}
	}
}
