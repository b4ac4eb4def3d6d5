package servicetrade

import (
	"fmt"
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
	// Owner is who mends it, as people say it, and Fix how.
	Owner string `json:"owner"`
	Fix   string `json:"fix"`
}

// owner is whom every reason is for: they talk to whoever runs ServiceTrade.
const owner = "Tradepost administrator"

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
		Says: strings.Join(fault.Messages, "; "), Owner: owner, Fix: c.fix(reason),
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
		return "Unlock " + who + " in ServiceTrade, and see that nothing else signs in with it. Tradepost goes on by itself."
	case ReasonRefused:
		return "Give Tradepost a user of its own in ServiceTrade: other programs seem to end its sessions."
	case ReasonForbidden:
		return "Give " + who + " this permission in ServiceTrade; the role Account Admin has it. Tradepost goes on by itself."
	default:
		return "Correct what " + who + " signs in with, in the configuration or in ServiceTrade. Tradepost goes on by itself; invoices stay pending meanwhile."
	}
}

// String tells the trouble in one line.
func (t *Trouble) String() string {
	said := ""
	if t.Says != "" {
		said = fmt.Sprintf(", ServiceTrade says %q", t.Says)
	}
	return fmt.Sprintf("%s since %s (%s%s); %s: %s", t.Reason, t.Since.UTC().Format(time.RFC3339), t.Action, said, t.Owner, t.Fix)
}

// Trouble returns what this client knows of why its account cannot be used, or
// nil. It asks nobody.
func (c *Client) Trouble() *Trouble {
	k := c.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.seen.Trouble
	if t == nil || (t.Reason == ReasonForbidden && len(k.denied) == 0) {
		return nil // others may have noted a forbidden call, and seen its end
	}
	known := *t
	return &known
}
