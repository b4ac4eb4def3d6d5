package grant

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
)

const (
	// claimMargin is what others wait beyond the time of a claim.
	claimMargin = 5 * time.Second
	// claimLook is how often it is looked whether another process's renewal is done.
	claimLook = 100 * time.Millisecond
	// saveTime bounds storing how a renewal ended.
	saveTime = 10 * time.Second
	// youngFor is how young an access token is whose refusal is no matter of its age,
	// where it took the place of another refused one.
	youngFor = 30 * time.Second
)

// Holder has the tokens of one connection. It implements connector.Tokens.
type Holder struct {
	connection string
	app        connector.SignIn
	endpoint   *endpoint
	keeper     *Keeper
	gate       chan struct{} // holds one token: one caller at the vault

	mu      sync.Mutex
	seen    Entry
	refused string // an access token that the accounting system did not accept
	// replacement is the access token that took the place of a refused one.
	replacement string
	// unsaved is a pair that could not be stored yet.
	unsaved *unsaved
	// trouble is what the last look found, for health and metrics.
	trouble *Error
}

type unsaved struct {
	pair pair
	// base is the entry that was claimed for it.
	base held
}

var _ connector.Tokens = (*Holder)(nil)

// Token implements connector.Tokens.
func (h *Holder) Token(ctx context.Context) (string, error) {
	a, err := h.access(ctx)
	return a.Token, err
}

// Company implements connector.Tokens.
func (h *Holder) Company(ctx context.Context) (string, error) {
	if _, err := h.access(ctx); err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen.Company, nil
}

// Refused implements connector.Tokens.
func (h *Holder) Refused(_ context.Context, token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if token != "" && h.seen.Access.Token == token {
		h.refused = token
	}
}

// known returns what was seen last, if it is of use without asking anybody.
func (h *Holder) known() (Access, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.seen.Access
	return a, a.fresh(h.keeper.now()) && a.Token != h.refused
}

func (h *Holder) access(ctx context.Context) (Access, error) {
	if a, ok := h.known(); ok {
		return a, nil
	}
	select {
	case h.gate <- struct{}{}:
	case <-ctx.Done():
		return Access{}, h.fail(ReasonAway, fmt.Errorf("wait for the token: %w", ctx.Err()))
	}
	if a, ok := h.known(); ok {
		<-h.gate
		return a, nil
	}
	return h.detached(ctx, notDue)
}

// result is what obtain found.
type result struct {
	access Access
	err    *Error
}

// detached obtains a token to its end even if the caller gives up: an answer that
// nobody waits for would be a token that nobody has. It gives the gate back.
func (h *Holder) detached(ctx context.Context, due func(Entry) bool) (Access, error) {
	done := make(chan result, 1)
	h.keeper.renewals.Go(func() {
		defer close(done)
		a, err := h.alone(context.WithoutCancel(ctx), due)
		done <- result{a, err}
	})
	select {
	case r, ended := <-done:
		switch {
		case !ended:
			return Access{}, h.fail(ReasonAway, errors.New("the renewal was broken off"))
		case r.err != nil:
			return Access{}, r.err
		}
		return r.access, nil
	case <-ctx.Done():
		return Access{}, h.fail(ReasonAway, fmt.Errorf("wait for the token: %w", ctx.Err()))
	}
}

// alone obtains, and lets the next one in before anybody hears of the end.
func (h *Holder) alone(ctx context.Context, due func(Entry) bool) (Access, *Error) {
	defer func() { <-h.gate }()
	a, err := h.obtain(ctx, due)
	h.note(err)
	return a, err
}

// notDue renews nothing that is of use.
func notDue(Entry) bool { return false }

// obtain looks into the vault, and renews when it holds nothing of use, or what is due,
// and nobody else is at it.
func (h *Holder) obtain(ctx context.Context, due func(Entry) bool) (Access, *Error) {
	limit, cancel := context.WithTimeout(ctx, h.keeper.patience())
	defer cancel()
	if err := h.saveLate(limit); err != nil {
		return Access{}, err
	}
	for {
		kept, err := h.look(limit)
		if err != nil {
			return Access{}, err
		}
		a := kept.Access
		usable := a.alive(h.keeper.now()) && a.Token != h.refusedToken()
		if usable && a.fresh(h.keeper.now()) && !due(kept.Entry) {
			return a, nil
		}
		wait, fault := h.mustWait(limit, kept)
		switch {
		case usable && (wait > 0 || fault != nil):
			return a, nil // somebody renews it, or will
		case fault != nil:
			return Access{}, fault
		case wait > 0:
			if !h.keeper.sleep(limit, wait) {
				return Access{}, h.fail(ReasonAway, errors.New("another process is renewing it"))
			}
			continue
		}
		a, fault, again := h.claim(limit, kept)
		if !again {
			return a, fault
		}
	}
}

// look loads the entry and remembers it.
func (h *Holder) look(ctx context.Context) (held, *Error) {
	kept, err := h.keeper.vault.load(ctx, h.connection)
	switch {
	case errors.Is(err, keyring.ErrNoKey):
		return held{}, h.fail(ReasonKey, err)
	case errors.Is(err, errUnreadable):
		return held{}, h.fail(ReasonUnreadable, err)
	case err != nil:
		return held{}, h.fail(ReasonStore, err)
	case kept.revision == 0 || len(kept.Refresh) == 0:
		return held{}, h.fail(ReasonNever, nil)
	}
	h.see(kept.Entry)
	return kept, nil
}

func (h *Holder) see(e Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = e
	if h.refused != e.Access.Token {
		h.refused = ""
	}
}

func (h *Holder) refusedToken() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused
}

// appMark tells apps and their secrets apart.
func (h *Holder) appMark() string { return hashOf(h.app.ClientID + "\x00" + h.app.ClientSecret) }

// refusedAgain tells whether token was refused, which had just replaced a refused one.
func (h *Holder) refusedAgain(token string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused == token && h.replacement == token
}

// mustWait says what keeps this process from renewing now: another's claim, or the
// pause after a failure.
func (h *Holder) mustWait(ctx context.Context, kept held) (time.Duration, *Error) {
	others := kept.Claim != nil && kept.Claim.Owner != h.keeper.owner
	if !others && kept.Trouble == nil && h.refusedToken() == "" {
		return 0, nil
	}
	now, err := h.keeper.vault.now(ctx)
	if err != nil {
		return 0, h.fail(ReasonStore, err)
	}
	since := max(now.Sub(kept.at), 0)
	if others && since < kept.Claim.Lasts+h.keeper.margin {
		return min(claimLook, kept.Claim.Lasts+h.keeper.margin-since), nil
	}
	if t := kept.Trouble; t != nil && kept.Claim == nil && since < t.Pause && kept.RefusedApp == h.appMark() {
		return 0, h.troubled(t, t.Pause-since)
	}
	if since < youngFor && kept.Trouble == nil && h.refusedAgain(kept.Access.Token) {
		return 0, h.fail(ReasonToken, nil)
	}
	return 0, nil
}

// note remembers how the last look went.
func (h *Holder) note(err *Error) {
	h.mu.Lock()
	h.trouble = err
	h.mu.Unlock()
	h.keeper.noted(h, err)
}
