package servicetrade

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrTooLarge is wrapped by the error of an answer above 32 MiB.
var ErrTooLarge = errors.New("the answer is larger than 32 MiB")

// ErrListMoving is wrapped by the error of a list whose pages moved so much that
// rows may be missing: what was seen is returned, and may not be the whole.
var ErrListMoving = errors.New("the list kept changing while it was read")

// Error is a call that ServiceTrade refused, or that did not come through. Every
// error of a call to ServiceTrade wraps one.
type Error struct {
	Method string
	// Path is below the API's address and without query, for example /invoice/17.
	Path string
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Messages are ServiceTrade's own words, without secrets.
	Messages []string
	// RetryAfter is how long ServiceTrade (or the pause after a failed login)
	// asks to wait; 0 when nothing was said.
	RetryAfter time.Duration
	// Gone says of a 404 that GET /auth showed a live session right after it.
	// Without that a 404 may as well mean that the session has died.
	Gone bool
	// SignedOut says that ServiceTrade does not accept our login or session.
	SignedOut bool
	// Uncertain says that a write may have been made though its answer was lost.
	Uncertain bool
	// Taken says that another record has the external id that was to be written.
	Taken bool
	// Err is the cause below HTTP, if any.
	Err error

	temporary bool // a read may be repeated
	unsent    bool // no byte of the request left this machine
}

// Error names the call, the status and what ServiceTrade said.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Method, e.Path)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if len(e.Messages) > 0 {
		b.WriteString(": " + strings.Join(e.Messages, "; "))
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.SignedOut {
		b.WriteString(" (signed out)")
	}
	if e.Uncertain {
		b.WriteString(" (the write may have been made)")
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (wait %s)", e.RetryAfter.Round(time.Second))
	}
	return b.String()
}

// Unwrap returns the cause below HTTP.
func (e *Error) Unwrap() error { return e.Err }

// IsNotFound says that the thing does not exist: 404, and the session was alive
// by GET /auth. The client asks that by itself.
func IsNotFound(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == http.StatusNotFound && e.Gone })
}

// IsSignedOut says that ServiceTrade refuses our login, or our session again
// right after a fresh login.
func IsSignedOut(err error) bool {
	return is(err, func(e *Error) bool { return e.SignedOut })
}

// IsForbidden says that the integration user lacks a permission.
func IsForbidden(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == http.StatusForbidden && !e.SignedOut })
}

// IsThrottled says that ServiceTrade wants fewer calls (429). Of a write it also
// says that it was not made.
func IsThrottled(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == http.StatusTooManyRequests })
}

// IsInvalid says that ServiceTrade understood the call and refuses its content
// (400, 409, 422 and their like): the same call will be refused again.
func IsInvalid(err error) bool {
	return is(err, func(e *Error) bool {
		switch e.Status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
			http.StatusRequestTimeout, http.StatusTooManyRequests:
			return false
		}
		return e.Status >= 400 && e.Status < 500 && !e.SignedOut
	})
}

// IsOfOneRecord says that the trouble is the record's that was asked for, not
// ServiceTrade's or the account's: it is refused or gone, or its answer cannot be
// read. Calls for other records may well succeed.
func IsOfOneRecord(err error) bool {
	unreadable := is(err, func(e *Error) bool { return e.Status >= 200 && e.Status < 300 && !e.temporary })
	return unreadable || IsInvalid(err) || IsNotFound(err)
}

// WriteUncertain says of a PUT or POST that it may have been made although no
// usable answer came: a timeout, a cut connection, a 5xx, an unreadable answer.
// The caller looks before it writes again.
func WriteUncertain(err error) bool {
	return is(err, func(e *Error) bool { return e.Uncertain })
}

// WaitReason is a stable word for what keeps ServiceTrade from answering, for the
// record of what waits.
func WaitReason(err error) string {
	switch {
	case IsSignedOut(err):
		return "servicetrade_signed_out"
	case IsForbidden(err):
		return "servicetrade_forbidden"
	case IsThrottled(err):
		return "servicetrade_throttled"
	case IsInvalid(err):
		return "servicetrade_refused"
	case WriteUncertain(err):
		return "servicetrade_answer_lost"
	default:
		return "servicetrade_unreachable"
	}
}

func is(err error, match func(*Error) bool) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && match(e)
}
