package servicetrade

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"
)

// Access is what a sign-in gave: a session, or an OAuth2 token.
type Access struct {
	// Token is the value of the session's cookie, or the bearer token; "" means
	// that there is none.
	Token string `json:"token,omitempty"`
	// Refresh is the newest refresh token of OAuth2, if the server gave one.
	Refresh string `json:"refresh,omitempty"`
	// Renew is from when on another token is fetched although this one still
	// works; zero for a session, which tells nobody how long it lives.
	Renew time.Time `json:"renew,omitzero"`
	// Expires is when the token is of no use any more; zero for a session.
	Expires time.Time `json:"expires,omitzero"`
	// User is whom ServiceTrade takes us for, as far as the sign-in told.
	User User `json:"user,omitzero"`
}

// fresh says that the token may be used for a call, and need not be renewed.
func (a Access) fresh(now time.Time) bool {
	return a.Token != "" && (a.Renew.IsZero() || now.Before(a.Renew))
}

// alive says that the token still works, as far as its age tells.
func (a Access) alive(now time.Time) bool {
	return a.Token != "" && (a.Expires.IsZero() || now.Before(a.Expires))
}

// SignIn is the state of an account's sign-in, as all who share it see it.
type SignIn struct {
	// Access is empty while nobody is signed in.
	Access Access
	// Lease is held by the one client that is signing in; nil when nobody is.
	Lease *Lease
	// Failure is the last sign-in, if it failed. The next one waits for its pause.
	Failure *Failure
	// Trouble is why the account cannot be used, if somebody has to mend that.
	Trouble *Trouble
}

// Lease is the right to sign in. It is measured by the vault's clock from when it
// was written.
type Lease struct {
	// Owner is unique to the client.
	Owner string `json:"owner"`
	// Lasts is the longest that a sign-in takes.
	Lasts time.Duration `json:"lasts"`
}

// Failure is a sign-in that did not work.
type Failure struct {
	// Credentials tells with which ones, without telling them: others may be tried
	// at once.
	Credentials string `json:"credentials"`
	// Count is how many failed in a row.
	Count int `json:"count"`
	// Pause is how long nobody signs in with them, from when this was written.
	Pause time.Duration `json:"pause"`
	// What ServiceTrade answered; see Error.
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Status    int      `json:"status,omitempty"`
	Messages  []string `json:"messages,omitempty"`
	SignedOut bool     `json:"signed_out,omitempty"`
	Cause     string   `json:"cause,omitempty"`
}

func (f *Failure) fault(wait time.Duration) *Error {
	e := &Error{
		Method: f.Method, Path: f.Path, Status: f.Status, Messages: f.Messages, SignedOut: f.SignedOut,
		RetryAfter: wait, unsent: true,
	}
	if f.Cause != "" {
		e.Err = errors.New(f.Cause)
	}
	return e
}

// ErrSwapped means that somebody else changed the sign-in since it was loaded.
var ErrSwapped = errors.New("the sign-in was changed by somebody else")

// Vault keeps the sign-in of one account. Clients that are given vaults over the
// same place share one session, one sign-in under way and one pause after a
// failed one. It is safe for concurrent use.
type Vault interface {
	// Load returns what is kept; nothing kept is no error.
	Load(ctx context.Context) (Kept, error)
	// Swap writes next, if nobody wrote since old was loaded; else ErrSwapped.
	Swap(ctx context.Context, old Kept, next SignIn) (Kept, error)
	// Now is the vault's clock.
	Now(ctx context.Context) (time.Time, error)
	// Fingerprint tells secrets apart without giving them away.
	Fingerprint(secrets ...string) string
}

// Kept is a sign-in as it was loaded.
type Kept struct {
	SignIn
	// Revision is what a swap is compared with; 0 when nothing is kept.
	Revision uint64
	// At is when it was written, by the vault's clock; zero as Swap returns it.
	At time.Time
}

// memory is the vault of a client that shares with nobody.
type memory struct {
	now  func() time.Time
	mu   sync.Mutex
	kept Kept
}

func (m *memory) Load(context.Context) (Kept, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept, nil
}

func (m *memory) Swap(_ context.Context, old Kept, next SignIn) (Kept, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept.Revision != old.Revision {
		return Kept{}, ErrSwapped
	}
	m.kept = Kept{SignIn: next, Revision: old.Revision + 1, At: m.now()}
	return m.kept, nil
}

func (m *memory) Now(context.Context) (time.Time, error) { return m.now(), nil }

func (m *memory) Fingerprint(secrets ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(secrets, "\x00")))
	return hex.EncodeToString(sum[:8])
}
