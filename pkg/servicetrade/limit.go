package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Limiter holds the calls of everybody who shares an account within its limits. It
// comes on top of a client's own limit of parallel calls.
type Limiter interface {
	// Take waits until one more call may be made, and returns what has to be called
	// after it. Its error is ctx's, or a *HeldError.
	Take(ctx context.Context) (done func(), err error)
	// Hold keeps everybody from calling for d: ServiceTrade asked for it.
	Hold(ctx context.Context, d time.Duration)
}

// HeldError says that ServiceTrade asked for a pause that lasts longer than a
// caller waits.
type HeldError struct{ For time.Duration }

// Error implements error.
func (e *HeldError) Error() string {
	return fmt.Sprintf("ServiceTrade asked all callers to wait, %s more", e.For.Round(time.Second))
}

// slot waits for a free call, of this client and of the account.
func (c *Client) slot(ctx context.Context, r request) (func(), *Error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, r.unsent(fmt.Errorf("wait for a free call: %w", ctx.Err()))
	}
	if c.limiter == nil {
		return func() { <-c.slots }, nil
	}
	done, err := c.limiter.Take(ctx)
	if err == nil {
		return func() { done(); <-c.slots }, nil
	}
	<-c.slots
	fault := r.unsent(fmt.Errorf("wait for a free call: %w", err))
	if held, ok := errors.AsType[*HeldError](err); ok {
		fault.Status, fault.RetryAfter = http.StatusTooManyRequests, held.For
	}
	return nil, fault
}

// throttled tells everybody that ServiceTrade wants fewer calls.
func (c *Client) throttled(ctx context.Context, fault *Error) {
	if c.limiter != nil && fault != nil && fault.Status == http.StatusTooManyRequests && fault.RetryAfter > 0 {
		c.limiter.Hold(ctx, fault.RetryAfter)
	}
}
