package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// loginPause is the least time from a failed sign-in to the next one. It keeps
	// a wrong password from locking the user out, and two integrations that push
	// each other's sessions out from doing so without end. It doubles while
	// ServiceTrade goes on refusing, up to maxLoginPause.
	loginPause    = 30 * time.Second
	maxLoginPause = 5 * time.Minute
	// leaseTime is the longest that a sign-in takes; leaseMargin is what others
	// wait beyond it.
	leaseTime   = 70 * time.Second
	leaseMargin = 5 * time.Second
	// leaseLook is how often a client looks whether another's sign-in is done.
	leaseLook = 100 * time.Millisecond
	// pauseLook is how long a pause is believed without looking whether somebody
	// mended the sign-in.
	pauseLook = 5 * time.Second
	// saveTime bounds writing down how a sign-in ended.
	saveTime = 10 * time.Second
)

// keeper is a client's view of the sign-in that it may share with others.
type keeper struct {
	vault       Vault
	shared      bool
	owner       string
	credentials string
	gate        chan struct{} // holds one token: one caller at the vault

	mu     sync.Mutex
	seen   SignIn
	quiet  time.Time // until then fault is the answer
	fault  *Error
	denied map[string]time.Time // forbidden kinds of calls, and when that was told
}

// known returns the sign-in that was seen last, without asking anybody.
func (k *keeper) known() SignIn {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seen
}

// see remembers what the vault holds, and answers from it for a moment when it is
// a failure.
func (k *keeper) see(s SignIn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = s
	if s.Failure == nil {
		k.quiet, k.fault = time.Time{}, nil
	}
}

func (k *keeper) rest(until time.Time, fault *Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.quiet, k.fault = until, fault
}

// resting returns the failure that a client answers without asking the vault.
func (k *keeper) resting(now time.Time) *Error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fault == nil || !now.Before(k.quiet) {
		return nil
	}
	return k.fault
}

// drop forgets token here; a newer one stays.
func (k *keeper) drop(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen.Access.Token == token {
		k.seen.Access = Access{}
	}
}

// access returns what calls are made with, signing in when there is nothing that
// works. refused is a token that ServiceTrade did not accept, or "". Callers that
// come while a sign-in is under way, here or in another process, share its result.
func (c *Client) access(ctx context.Context, refused string) (Access, error) {
	k := c.keeper
	if a := k.known().Access; a.fresh(c.now()) && a.Token != refused {
		return a, nil
	}
	select {
	case k.gate <- struct{}{}:
		defer func() { <-k.gate }()
	case <-ctx.Done():
		return Access{}, fmt.Errorf("wait for the login: %w", ctx.Err())
	}
	if a := k.known().Access; a.fresh(c.now()) && a.Token != refused {
		return a, nil
	}
	if fault := k.resting(c.now()); fault != nil {
		if a := k.known().Access; a.alive(c.now()) && a.Token != refused {
			return a, nil
		}
		return Access{}, fault
	}
	return c.obtain(ctx, refused)
}

// obtain asks the vault, and signs in when it holds nothing of use and nobody
// else is at it.
func (c *Client) obtain(ctx context.Context, refused string) (Access, error) {
	k := c.keeper
	for {
		kept, err := k.vault.Load(ctx)
		if err != nil {
			return Access{}, c.noVault(err)
		}
		k.see(kept.SignIn)
		a := kept.Access
		usable := a.Token != refused && a.alive(c.now())
		if usable && a.fresh(c.now()) {
			return a, nil
		}
		wait, fault, err := c.mustWait(ctx, kept)
		switch {
		case err != nil:
			return Access{}, c.noVault(err)
		case usable && (wait > 0 || fault != nil):
			return a, nil // somebody renews it, or will
		case fault != nil:
			return Access{}, fault
		case wait > 0:
			if err := c.pause(ctx, wait); err != nil {
				return Access{}, fmt.Errorf("wait for another process's login: %w", err)
			}
			continue
		}
		a, err = c.claim(ctx, kept, refused)
		if !errors.Is(err, ErrSwapped) {
			return a, err
		}
	}
}

// mustWait says what keeps this client from signing in now: another's lease, or
// the pause after a failure.
func (c *Client) mustWait(ctx context.Context, kept Kept) (time.Duration, *Error, error) {
	k := c.keeper
	others := kept.Lease != nil && kept.Lease.Owner != k.owner
	failed := kept.Failure != nil && kept.Failure.Credentials == k.credentials
	if !others && !failed {
		return 0, nil, nil
	}
	now, err := k.vault.Now(ctx)
	if err != nil {
		return 0, nil, err
	}
	since := max(now.Sub(kept.At), 0)
	if others && since < kept.Lease.Lasts+leaseMargin {
		return min(leaseLook, kept.Lease.Lasts+leaseMargin-since), nil, nil
	}
	if failed && kept.Lease == nil && since < kept.Failure.Pause {
		left := kept.Failure.Pause - since
		fault := kept.Failure.fault(left)
		k.rest(c.now().Add(min(left, pauseLook)), fault)
		return 0, fault, nil
	}
	return 0, nil, nil
}

// claim takes the lease and signs in. ErrSwapped: somebody was quicker.
func (c *Client) claim(ctx context.Context, kept Kept, refused string) (Access, error) {
	next := kept.SignIn
	next.Lease = &Lease{Owner: c.keeper.owner, Lasts: leaseTime}
	if next.Access.Token == refused {
		next.Access = Access{Refresh: next.Access.Refresh}
	}
	claimed, err := c.keeper.vault.Swap(ctx, kept, next)
	if errors.Is(err, ErrSwapped) {
		return Access{}, ErrSwapped
	}
	if err != nil {
		return Access{}, c.noVault(err)
	}
	return c.signIn(ctx, claimed)
}

// noVault is the error of a sign-in that cannot be looked up: nobody signs in
// then, since it would end the sessions of others.
func (c *Client) noVault(err error) *Error {
	fault := request{method: "POST", path: c.signInPath()}.unsent(fmt.Errorf("look up the shared sign-in: %w", err))
	fault.temporary = true
	return fault
}
