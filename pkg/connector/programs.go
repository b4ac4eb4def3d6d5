package connector

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Programs reaches connectors that are programs of their own: one request over NATS,
// and one answer. It is safe for concurrent use.
type Programs interface {
	// Ask sends body to whoever listens to the subject, and waits for the answer until
	// ctx ends. An error that is an ErrNotAsked says that nobody has got the request, or
	// will; after any other the program may have got it, and may be working on it.
	Ask(ctx context.Context, subject string, body []byte) ([]byte, error)
	// AskAll is Ask, and waits for linger after the first answer whether others come:
	// several programs answer where they do not share a queue group. Errors are Ask's.
	AskAll(ctx context.Context, subject string, body []byte, linger time.Duration) ([][]byte, error)
}

// ErrNotAsked means that the request reached nobody for certain.
var ErrNotAsked = errors.New("nobody was asked")

// ErrNoProgram is an ErrNotAsked: no program listens to the subject.
var ErrNoProgram error = noProgramError{}

type noProgramError struct{}

func (noProgramError) Error() string { return "no program listens" }

// Is makes it an ErrNotAsked.
func (noProgramError) Is(target error) bool { return target == ErrNotAsked }

// AskPrograms returns what reaches programs; where the program that holds the settings
// has no connection to NATS, every question is an ErrNotAsked.
func (s Settings) AskPrograms() Programs {
	if s.Programs == nil {
		return NoPrograms("this command is not connected to NATS")
	}
	return s.Programs
}

// NoPrograms reaches nobody, and says why.
func NoPrograms(why string) Programs { return unreached{why} }

// unreached reaches nobody.
type unreached struct{ why string }

// AskAll implements Programs.
func (u unreached) AskAll(ctx context.Context, subject string, body []byte, _ time.Duration) ([][]byte, error) {
	_, err := u.Ask(ctx, subject, body)
	return nil, err
}

// Ask implements Programs.
func (u unreached) Ask(ctx context.Context, _ string, _ []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotAsked, u.why, ctx.Err())
	}
	return nil, fmt.Errorf("%w: %s", ErrNotAsked, u.why)
}
