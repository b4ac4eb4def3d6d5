package servicetrade

import (
	"net/http"
	"strings"
	"time"
)

// Reason is a stable word for why an account cannot be used.
type Reason string

// The reasons.
const (
	// ReasonCredentials: ServiceTrade does not accept what we sign in with.
	ReasonCredentials Reason = "wrong_credentials"
	// ReasonLocked: the user or client is locked, or has signed in too often.
	ReasonLocked Reason = "locked"
	// ReasonRefused: the sign-in works, and what it gave is refused right after.
	ReasonRefused Reason = "session_refused"
	// ReasonForbidden: the user lacks a permission.
	ReasonForbidden Reason = "forbidden"
)

// Trouble is why an account waits until somebody has mended something. It ends by
// itself with the first sign-in (ReasonForbidden: the first such call) that works.
type Trouble struct {
	Reason Reason `json:"reason"`
	// Since is when it began (UTC, by the clock of whoever saw it first).
	Since time.Time `json:"since"`
	// Seen is when it was seen last. Forbidden calls are noted every few minutes;
	// what was not seen for a while may be over.
	Seen time.Time `json:"seen"`
	// Action is the call that was refused: GET /invoice.
	Action string `json:"action"`
	// Says is what ServiceTrade said, without secrets.
	Says string `json:"says,omitempty"`
	// Fix is who mends it, and how.
	Fix string `json:"fix"`
}

// reasonOf returns why a sign-in was refused; "" when it was not refused but failed.
func reasonOf(fault *Error) Reason {
	said := strings.ToLower(strings.Join(fault.Messages, " "))
	locked := strings.Contains(said, "locked") || strings.Contains(said, "too many")
	switch {
	case fault.Status == http.StatusLocked, fault.Status == http.StatusTooManyRequests, locked && fault.Status >= 400 && fault.Status < 500:
		return ReasonLocked
	case fault.SignedOut:
		return ReasonCredentials
	default:
		return ""
	}
}

// trouble describes fault; before is what was known, whose beginning stays.
func (c *Client) trouble(reason Reason, fault *Error, before *Trouble) *Trouble {
	now := c.now().UTC()
	t := &Trouble{
		Reason: reason, Since: now, Seen: now, Action: fault.Method + " " + fault.Path,
		Says: strings.Join(fault.Messages, "; "), Fix: c.fix(reason),
	}
	if before != nil && before.Reason == reason {
		t.Since = before.Since
	}
	return t
}

func (c *Client) fix(reason Reason) string {
	who := "user " + c.username
	if c.oauth() {
		who = "OAuth2 client " + c.clientID
	}
	switch reason {
	case ReasonLocked:
		return "ServiceTrade administrator: unlock " + who + ", and see that nothing else signs in with it"
	case ReasonRefused:
		return "ServiceTrade administrator: give Tradepost a user of its own; other programs seem to end its sessions"
	case ReasonForbidden:
		return "ServiceTrade administrator: give " + who + " this permission; the role Account Admin has it"
	default:
		return "Tradepost administrator: correct what " + who + " signs in with, in the configuration or in ServiceTrade"
	}
}
