package state

import (
	"errors"
	"fmt"
)

// RefusalError is a change or a look-up that the account does not allow. Kind says
// why; the text is for people.
type RefusalError struct {
	Kind Kind
	Text string
}

// Kind is the reason of a refusal.
type Kind int

// The reasons of a refusal.
const (
	// NotFound: there is no record with this id.
	NotFound Kind = iota + 1
	// Invalid: a value is missing, unknown or not allowed here.
	Invalid
	// Conflict: the change collides with another record.
	Conflict
)

// Error is the refusal's text.
func (r *RefusalError) Error() string { return r.Text }

// IsNotFound tells whether the error is a refusal for want of the record.
func IsNotFound(err error) bool {
	r, ok := errors.AsType[*RefusalError](err)
	return ok && r.Kind == NotFound
}

func notFound(what string, id int64) error {
	return &RefusalError{NotFound, fmt.Sprintf("%s %d not found", what, id)}
}

func invalid(format string, args ...any) error {
	return &RefusalError{Invalid, fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return &RefusalError{Conflict, fmt.Sprintf(format, args...)}
}
