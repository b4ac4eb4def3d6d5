package connector

import (
	"context"
	"errors"
)

// ErrFenced means that the claim on the invoice has run out, or is about to: the
// write must not be made, since another worker may take over.
var ErrFenced = errors.New("the claim on the invoice ran out before the write")

type fenceKey struct{}

// WithFence gives a call the check that its writes have to pass.
func WithFence(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, fenceKey{}, check)
}

// CheckFence is called by a connector immediately before each write to the
// socket or the disk. It returns ErrFenced when the write may not be made any
// more, and nil where no fence was set (doctor, preview, tests of one call).
func CheckFence(ctx context.Context) error {
	if check, ok := ctx.Value(fenceKey{}).(func() error); ok {
		return check()
	}
	return nil
}
