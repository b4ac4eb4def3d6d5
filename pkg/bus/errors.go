package bus

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// ErrTooLarge means that a body is larger than MaxBody. Returned by a handler it
// counts as poison: no retry makes a message smaller.
var ErrTooLarge = errors.New("message too large")

// Codes of poison that the bus itself finds.
const (
	// CodeUnreadable: the body is no protobuf JSON of the expected message.
	CodeUnreadable = "message.unreadable"
	// CodeInvalid: the body breaks a rule of its schema.
	CodeInvalid = "message.invalid"
	// CodeSubject: the subject names no invoice.
	CodeSubject = "message.subject"
	// CodeTooLarge: what the handler wanted to send is too large.
	CodeTooLarge = "message.too_large"
	// CodeCrashLoop: the handler panicked again and again on this message.
	CodeCrashLoop = "message.crash_loop"
)

type disposition int

const (
	dispositionWait disposition = iota + 1
	dispositionPoison
)

type classedError struct {
	class disposition
	delay time.Duration
	code  string
	err   error
}

func (e *classedError) Error() string {
	if e.class == dispositionPoison {
		return fmt.Sprintf("%s: %v", e.code, e.err)
	}
	return fmt.Sprintf("wait %s: %v", e.delay, e.err)
}

func (e *classedError) Unwrap() error { return e.err }

// ErrorType names the class for traces: wait, or the code of the poison.
func (e *classedError) ErrorType() string {
	if e.class == dispositionPoison {
		return e.code
	}
	return telemetry.ErrorWait
}

// RetryAfter says that the message is fine but has to wait: it is delivered again
// after d. Waiting never counts as a failure, however often it happens. The message
// keeps its slot of the consumer meanwhile; park with Publisher.Schedule what waits long.
func RetryAfter(d time.Duration, err error) error {
	return &classedError{class: dispositionWait, delay: max(d, 0), err: err}
}

// Poison says that no retry can help: the message becomes a dead letter with this
// code and is not delivered again. The code is stable, like message.unreadable.
func Poison(code string, err error) error {
	return &classedError{class: dispositionPoison, code: code, err: err}
}

// PoisonCode returns the code of an error made by Poison; the outermost class of
// a wrapped error counts.
func PoisonCode(err error) (string, bool) {
	if c, ok := errors.AsType[*classedError](err); ok {
		return c.code, c.class == dispositionPoison
	}
	if errors.Is(err, ErrTooLarge) {
		return CodeTooLarge, true
	}
	return "", false
}

// RetryDelay returns the delay of an error made by RetryAfter; the outermost class
// of a wrapped error counts.
func RetryDelay(err error) (time.Duration, bool) {
	if c, ok := errors.AsType[*classedError](err); ok && c.class == dispositionWait {
		return c.delay, true
	}
	return 0, false
}
