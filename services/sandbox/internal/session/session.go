// Package session knows who is signed in: sessions by cookie, bounded per user,
// and OAuth2 tokens.
package session

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Login is one user's credentials.
type Login struct {
	Username string
	Password string
	UserID   int64
}

// Client is one OAuth2 client; it acts as a user.
type Client struct {
	ID     string
	Secret string
	UserID int64
}

// Config is what a Manager needs to know. Zero values take the defaults.
type Config struct {
	Logins  []Login
	Clients []Client
	// PerUser is how many sessions a user may have; the oldest go first. Default 5.
	PerUser int
	// Lifetime ends a session that long after its login; 0 means never.
	Lifetime time.Duration
	// TokenLifetime is that of access tokens; default 24 hours.
	TokenLifetime time.Duration
	Now           func() time.Time
}

// Manager is safe for many goroutines.
type Manager struct {
	cfg Config
	key []byte // signs the access tokens

	mu       sync.Mutex
	sessions []entry // oldest first
	access   map[string]grant
	refresh  map[string]grant
}

type entry struct {
	token  string
	userID int64
	since  time.Time
}

// New makes a manager without any session.
func New(cfg Config) *Manager {
	if cfg.PerUser == 0 {
		cfg.PerUser = 5
	}
	if cfg.TokenLifetime == 0 {
		cfg.TokenLifetime = 24 * time.Hour
	}
	return &Manager{cfg: cfg, key: []byte(random()), access: map[string]grant{}, refresh: map[string]grant{}}
}

// random gives 32 lower-case letters and digits, as PHP's session ids look.
func random() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Login checks the credentials and opens a session. ok is false when they are wrong.
func (m *Manager) Login(username, password string) (token string, userID int64, ok bool) {
	for _, l := range m.cfg.Logins {
		if same(l.Username, username) && same(l.Password, password) {
			return m.open(l.UserID), l.UserID, true
		}
	}
	return "", 0, false
}

func (m *Manager) open(userID int64) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	mine := 1
	for _, e := range m.sessions {
		if e.userID == userID {
			mine++
		}
	}
	m.sessions = slices.DeleteFunc(m.sessions, func(e entry) bool {
		if e.userID != userID || mine <= m.cfg.PerUser {
			return false
		}
		mine--
		return true
	})
	token := random()
	m.sessions = append(m.sessions, entry{token, userID, m.cfg.Now()})
	return token
}

// User gives the user of a live session.
func (m *Manager) User(token string) (int64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.sessions {
		if same(e.token, token) {
			return e.userID, m.cfg.Lifetime == 0 || m.cfg.Now().Sub(e.since) < m.cfg.Lifetime
		}
	}
	return 0, false
}

// Logout ends a session; an unknown one is none already.
func (m *Manager) Logout(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, e := range m.sessions {
		if same(e.token, token) {
			m.sessions = append(m.sessions[:i], m.sessions[i+1:]...)
			return
		}
	}
}

// Of gives the user of the request's bearer token or cookie, and which of the
// two it was.
func (m *Manager) Of(r *http.Request) (userID int64, token string, bearer, ok bool) {
	if text, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); found {
		token = strings.TrimSpace(text)
		userID, ok = m.Bearer(token)
		return userID, token, true, ok
	}
	cookie, err := r.Cookie("PHPSESSID")
	if err != nil {
		return 0, "", false, false
	}
	userID, ok = m.User(cookie.Value)
	return userID, cookie.Value, false, ok
}

// SignedIn tells whether the request has a live session or token.
func (m *Manager) SignedIn(r *http.Request) bool {
	_, _, _, ok := m.Of(r)
	return ok
}

// SignOut ends the session or access token of the request. Its refresh token
// stays good.
func (m *Manager) SignOut(r *http.Request) {
	_, token, bearer, ok := m.Of(r)
	switch {
	case !ok:
	case bearer:
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.access, token)
	default:
		m.Logout(token)
	}
}

// Evict ends the oldest sessions, as other logins of the users would; a negative
// number means all. Tokens stay good.
func (m *Manager) Evict(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n < 0 || n > len(m.sessions) {
		n = len(m.sessions)
	}
	m.sessions = append([]entry(nil), m.sessions[n:]...)
}

// ExpireAll ends all sessions and tokens, as a restart of the server would.
// Refresh tokens stay good.
func (m *Manager) ExpireAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions = nil
	clear(m.access)
}

// Open tells how many sessions are open.
func (m *Manager) Open() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sessions)
}
