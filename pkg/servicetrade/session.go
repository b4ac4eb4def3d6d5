package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// signIn signs in under the lease that claimed holds, and writes down how that
// ended. A caller that went away is no failed sign-in, and neither is one that
// never reached ServiceTrade.
func (c *Client) signIn(ctx context.Context, claimed Kept) (Access, error) {
	limited, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	a, fault := c.login(limited, claimed.Access)
	save, done := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer done()
	if fault == nil {
		return c.signedIn(save, claimed, a)
	}
	c.log.WarnContext(ctx, "login to ServiceTrade did not work", "error", fault.Error())
	next := claimed.SignIn
	next.Lease = nil
	if fault.unsent || (errors.Is(fault, context.Canceled) && ctx.Err() != nil) {
		c.put(save, claimed, next)
		return Access{}, fault
	}
	c.put(save, claimed, c.failed(next, reasonOf(fault), fault))
	if a := claimed.Access; a.alive(c.now()) {
		return a, nil // only its renewal failed
	}
	return Access{}, fault
}

// signedIn shares the access. Where another took the lease over and signed in
// too, that one counts, and ours is ended.
func (c *Client) signedIn(ctx context.Context, claimed Kept, a Access) (Access, error) {
	kept, err := c.keeper.vault.Swap(ctx, claimed, SignIn{Access: a})
	switch {
	case errors.Is(err, ErrSwapped):
		_ = c.signOut(ctx, a)
		return Access{}, ErrSwapped
	case err != nil:
		c.log.WarnContext(ctx, "the sign-in to ServiceTrade could not be shared", "error", err)
		kept.SignIn = SignIn{Access: a}
	}
	c.keeper.see(kept.SignIn)
	c.log.InfoContext(ctx, "signed in to ServiceTrade", "as", c.identity(), "user_id", a.User.ID, "shared", c.keeper.shared)
	if was := claimed.Trouble; was != nil {
		c.log.InfoContext(ctx, "sign-in trouble with ServiceTrade is over", "reason", was.Reason, "since", was.Since)
	}
	return a, nil
}

// failed is the state after a sign-in that failed.
func (c *Client) failed(s SignIn, reason Reason, fault *Error) SignIn {
	count := 1
	if f := s.Failure; f != nil && f.Credentials == c.keeper.credentials {
		count = f.Count + 1
	}
	pause := loginPause
	if reason != "" {
		pause = min(loginPause<<min(count-1, 8), maxLoginPause)
		s.Trouble = c.trouble(reason, fault, s.Trouble)
	}
	f := &Failure{
		Credentials: c.keeper.credentials, Count: count, Pause: max(pause, fault.RetryAfter),
		Method: fault.Method, Path: fault.Path, Status: fault.Status, Messages: fault.Messages, SignedOut: fault.SignedOut,
	}
	if fault.Err != nil {
		f.Cause = c.scrub(fault.Err.Error())
	}
	s.Failure = f
	if !s.Access.alive(c.now()) {
		s.Access = Access{}
	}
	return s
}

// put writes next if nobody else wrote, and remembers it.
func (c *Client) put(ctx context.Context, old Kept, next SignIn) {
	_, err := c.keeper.vault.Swap(ctx, old, next)
	if errors.Is(err, ErrSwapped) {
		return
	}
	if err != nil {
		c.log.WarnContext(ctx, "the state of the sign-in to ServiceTrade could not be written", "error", err)
	}
	c.keeper.see(next)
	if f := next.Failure; f != nil {
		c.keeper.rest(c.now().Add(min(f.Pause, pauseLook)), f.fault(f.Pause))
	}
}

// refused notes that a token is refused though it was just made: the next
// sign-in waits as after a failed one.
func (c *Client) refused(ctx context.Context, token string, fault *Error) {
	c.keeper.drop(token)
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	kept, err := c.keeper.vault.Load(save)
	if err != nil || kept.Lease != nil || kept.Access.Token != token {
		return
	}
	next := kept.SignIn
	next.Access = Access{}
	c.put(save, kept, c.failed(next, ReasonRefused, fault))
}

// Logout ends what this client signed in to; what is gone already is fine. A
// sign-in that is shared lives on for the others: see Retire. A later call signs
// in again.
func (c *Client) Logout(ctx context.Context) error {
	if c.keeper.shared {
		return nil
	}
	return c.Retire(ctx)
}

// Retire ends the account's session or token for everybody who shares it. Those
// who still need one sign in again.
func (c *Client) Retire(ctx context.Context) error {
	kept, err := c.keeper.vault.Load(ctx)
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	a := kept.Access
	if a.Token == "" {
		return nil
	}
	next := kept.SignIn
	next.Access = Access{}
	if _, err := c.keeper.vault.Swap(ctx, kept, next); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	c.keeper.drop(a.Token)
	return c.signOut(ctx, a)
}

func (c *Client) signOut(ctx context.Context, a Access) error {
	r := request{method: http.MethodDelete, path: authPath}
	if c.oauth() {
		r = c.revocation(a)
	}
	_, fault := c.exchange(ctx, r, a.Token)
	if fault == nil || fault.Status == http.StatusUnauthorized || fault.Status == http.StatusNotFound {
		return nil
	}
	return fmt.Errorf("sign out: %w", fault)
}
