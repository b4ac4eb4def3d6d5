package grant

import (
	"fmt"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Why a connection has no token. They are stable words.
const (
	// ReasonNever: nobody has signed the connection in yet.
	ReasonNever = "never_signed_in"
	// ReasonRefused: the accounting system refuses every refresh token that is kept:
	// somebody disconnected Tradepost there, or the user lost access.
	ReasonRefused = "refused"
	// ReasonEnded: the same, after the time that the accounting system had told.
	ReasonEnded = "ended"
	// ReasonApp: the accounting system does not accept the app's client id and secret.
	ReasonApp = "app_refused"
	// ReasonToken: it gives out tokens, and does not accept them.
	ReasonToken = "token_refused"
	// ReasonAway: it did not answer, or not with anything of use.
	ReasonAway = "away"
	// ReasonKey: this process lacks the key that encrypted the entry. Others may have it.
	ReasonKey = connector.ReasonKeyMissing
	// ReasonUnreadable: no key can read the entry: it was changed by hand, or cut off.
	ReasonUnreadable = "unreadable"
	// ReasonStore: NATS is away.
	ReasonStore = "store_away"
)

// Trouble is why renewing did not work, and how long nobody tries again.
type Trouble struct {
	Reason string `json:"reason"`
	// Since is when it began, Seen when it was met last.
	Since time.Time `json:"since"`
	Seen  time.Time `json:"seen"`
	// Count is how often it was met in a row. Nobody tries again before Pause is over,
	// from when this was written.
	Count int           `json:"count"`
	Pause time.Duration `json:"pause"`
	// Cause is what the accounting system answered, without tokens.
	Cause string `json:"cause,omitempty"`
	// RequestID is what the vendor's support asks for, or "".
	RequestID string `json:"request_id,omitempty"`
}

// SignedOut tells whether a person has to do something about the connection.
func (t *Trouble) SignedOut() bool { return t != nil && signedOut(t.Reason) }

func signedOut(reason string) bool {
	switch reason {
	case ReasonAway, ReasonStore, ReasonKey:
		return false
	}
	return true
}

const (
	firstPause, longestPause       = 5 * time.Second, 5 * time.Minute
	firstOutPause, longestOutPause = time.Minute, time.Hour
)

// after returns the trouble that follows before. While the accounting system refuses,
// it is asked ever more rarely: it may have been wrong, but an app that keeps knocking
// with dead tokens is not liked.
func after(before *Trouble, f *failure, now time.Time) *Trouble {
	t := &Trouble{Reason: f.reason, Since: now, Seen: now, Count: 1, Cause: f.cause, RequestID: f.requestID}
	if before != nil && before.SignedOut() == t.SignedOut() {
		t.Since, t.Count = before.Since, before.Count+1
	}
	first, longest := firstPause, longestPause
	if t.SignedOut() {
		first, longest = firstOutPause, longestOutPause
	}
	t.Pause = min(first<<min(t.Count-1, 16), longest)
	t.Pause = max(t.Pause, f.retryAfter)
	return t
}

// Error is why a connection has no token: what happened, and what a person can do. It
// holds the answer that a connector gives then (connector.AnswerOf).
type Error struct {
	Connection string
	// System and Title are those of the SignIn.
	System, Title string
	// Reason is one of the words above.
	Reason string
	// Since is when it began; zero where that is not known.
	Since time.Time
	// RetryIn is how long nobody asks the accounting system.
	RetryIn time.Duration
	// Cause is what the accounting system or NATS said, or "".
	Cause, RequestID string

	answer error
}

// SignedOut tells whether a person has to do something about the connection. A key that
// is missing is the matter of one process.
func (e *Error) SignedOut() bool { return signedOut(e.Reason) }

// Error says what happened and what to do.
func (e *Error) Error() string { return e.What() + " " + e.Fix() }

// What says what happened, with what the accounting system or NATS said, for people.
func (e *Error) What() string {
	text := e.Happened()
	if e.Cause != "" {
		text += " (" + e.Cause + ")"
	}
	if e.RequestID != "" {
		text += ", request " + e.RequestID
	}
	return text + "."
}

// Happened says what happened in our words alone, without a full stop.
func (e *Error) Happened() string {
	switch e.Reason {
	case ReasonNever:
		return fmt.Sprintf("nobody has signed connection %s in to %s yet", e.Connection, e.Title)
	case ReasonRefused:
		return fmt.Sprintf("%s does not accept the sign-in of connection %s any more: somebody disconnected Tradepost there, or the user who signed in lost access", e.Title, e.Connection)
	case ReasonEnded:
		return fmt.Sprintf("the sign-in of connection %s to %s has ended: it lives for a limited time", e.Connection, e.Title)
	case ReasonApp:
		return fmt.Sprintf("%s does not accept client id and client secret of the app that connection %s uses", e.Title, e.Connection)
	case ReasonToken:
		return fmt.Sprintf("%s gives connection %s new access tokens and refuses them at once: the user who signed in may have lost access to the company", e.Title, e.Connection)
	case ReasonKey:
		return fmt.Sprintf("this process has not the key for secrets that encrypted the sign-in of connection %s", e.Connection)
	case ReasonUnreadable:
		return fmt.Sprintf("the stored sign-in of connection %s is damaged, and no key can read it", e.Connection)
	case ReasonStore:
		return fmt.Sprintf("the stored sign-in of connection %s cannot be reached", e.Connection)
	default:
		return fmt.Sprintf("%s did not renew the sign-in of connection %s; it is tried again by itself", e.Title, e.Connection)
	}
}

// Fix says what a person can do.
func (e *Error) Fix() string {
	switch e.Reason {
	case ReasonApp:
		return "Compare client_id and client_secret in the connection's settings with the app's page at the vendor; what waits goes on by itself."
	case ReasonKey:
		return KeyFix(e.System, e.Connection)
	case ReasonUnreadable:
		return "Sign in again: " + e.command() + " --replace - what waits is then posted by itself."
	case ReasonStore:
		return "Look at the NATS server; what waits goes on by itself."
	case ReasonAway:
		return "Nothing has to be done unless it lasts for hours."
	case ReasonNever:
		return "Sign it in: " + e.command()
	default:
		return "Sign in again: " + e.command() + " - what waits is then posted by itself."
	}
}

// KeyFix says what to do where the key is missing that encrypted a sign-in: nobody has to
// sign in for that.
func KeyFix(system, connection string) string {
	return "Put that key back where the process reads it (the variable TRADEPOST_SECRETS_KEY, or the file of secrets.key_file or TRADEPOST_SECRETS_KEY_FILE; " +
		"on Kubernetes the secret behind it), and start the process again. Only if the key is lost for good: tradepost connect " + system + " " + connection + " --replace"
}

func (e *Error) command() string { return "tradepost connect " + e.System + " " + e.Connection }

// Unwrap returns the error that holds the connector's answer.
func (e *Error) Unwrap() error { return e.answer }

func (h *Holder) fail(reason string, cause error) *Error {
	e := &Error{Connection: h.connection, System: h.app.System, Title: h.app.Title, Reason: reason}
	if cause != nil {
		e.Cause = cause.Error()
	}
	return e.answered()
}

func (h *Holder) troubled(t *Trouble, left time.Duration) *Error {
	e := &Error{
		Connection: h.connection, System: h.app.System, Title: h.app.Title, Reason: t.Reason, Since: t.Since, RetryIn: left,
		Cause: t.Cause, RequestID: t.RequestID,
	}
	return e.answered()
}

// answered puts the connector's answer into e. A time is told only for what is over by
// itself: whoever waits for a person is probed.
func (e *Error) answered() *Error {
	w := connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonUnreachable, Message: e.Error()}
	switch {
	case e.SignedOut():
		w.Reason = connector.ReasonSignedOut
	case e.Reason == ReasonKey:
		w.Reason = connector.ReasonKeyMissing
	}
	e.answer = connector.Stop(w)
	return e
}
