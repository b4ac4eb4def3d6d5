package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// ErrorWait is the class of an error that only says that something has to wait.
const ErrorWait = "wait"

// Typed is an error that names its class: a word of few values.
type Typed interface {
	error
	ErrorType() string
}

// ErrorType is the class of an error: the one that it names itself, timeout,
// canceled, or the Go type of the innermost error that has one of its own. Texts
// are left out: they may hold what a person wrote.
func ErrorType(err error) string {
	if t, ok := errors.AsType[Typed](err); ok {
		return t.ErrorType()
	}
	if n, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || (ok && n.Timeout()) {
		return "timeout"
	}
	if errors.Is(err, context.Canceled) {
		return "canceled"
	}
	class := "error"
	for ; err != nil; err = errors.Unwrap(err) {
		switch name := strings.TrimLeft(fmt.Sprintf("%T", err), "*"); {
		case strings.HasPrefix(name, "errors."), strings.HasPrefix(name, "fmt."):
		default:
			class = name
		}
	}
	return class
}
