package grant

import (
	"context"
	"errors"
	"fmt"
)

// claim takes the right to renew and uses it. again is true when somebody else was
// quicker, and the entry has to be looked at anew.
func (h *Holder) claim(ctx context.Context, kept held) (a Access, fault *Error, again bool) {
	h.keeper.point("claim")
	next := kept.Entry
	next.Claim = &Claim{Owner: h.keeper.owner, Lasts: h.keeper.claimTime}
	claimed, err := h.keeper.vault.swap(ctx, h.connection, kept, next)
	switch {
	case errors.Is(err, errSwapped):
		return Access{}, nil, true
	case err != nil:
		return Access{}, h.fail(ReasonStore, err), false
	}
	h.keeper.point("claimed")
	return h.renew(ctx, claimed)
}

// renew gives the newest refresh token to the accounting system, and the older ones
// after it where that is refused: the newest may come from an answer that the
// accounting system took back, and an older one may be all that still works.
func (h *Holder) renew(ctx context.Context, claimed held) (a Access, fault *Error, again bool) {
	limit, cancel := context.WithTimeout(ctx, h.keeper.claimTime)
	defer cancel()
	var refused *failure
	for i, r := range claimed.Refresh {
		h.keeper.point("call")
		p, f := h.endpoint.renew(limit, r.Token)
		h.keeper.point("answer")
		switch {
		case f == nil:
			h.keeper.metrics.renewed(h.connection, resultOf(i))
			p.refusedAccess = h.refusedToken()
			return h.keep(ctx, unsaved{pair: p, base: claimed})
		case f.reason != ReasonRefused:
			return h.giveUp(ctx, claimed, f)
		}
		if refused == nil {
			refused = f
		}
		h.keeper.point("refused")
		now, err := h.keeper.vault.load(ctx, h.connection)
		if err == nil && now.revision != claimed.revision {
			return Access{}, nil, true // Somebody signed in, or took the claim over.
		}
	}
	return h.giveUp(ctx, claimed, h.ended(claimed.Entry, refused))
}

func resultOf(i int) string {
	if i > 0 {
		return "renewed_with_older"
	}
	return "renewed"
}

// ended tells a sign-in that came to its end from one that was ended.
func (h *Holder) ended(e Entry, f *failure) *failure {
	now := h.keeper.now()
	over := func() bool {
		return (!e.Ends.IsZero() && now.After(e.Ends)) || (!e.RefreshEnds().IsZero() && now.After(e.RefreshEnds()))
	}
	if over() {
		f.reason = ReasonEnded
	}
	return f
}

// keep stores a pair, before anybody uses it. What somebody else wrote meanwhile stays
// beside it. A pair that cannot be stored now is stored later.
func (h *Holder) keep(ctx context.Context, u unsaved) (a Access, fault *Error, again bool) {
	limit, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	base := u.base
	for {
		h.keeper.point("store")
		now, err := h.keeper.vault.swap(limit, h.connection, base, base.with(u.pair, h.keeper.now()))
		h.keeper.point("stored")
		switch {
		case err == nil:
			h.setUnsaved(nil)
			h.see(now.Entry)
			h.replaced(u.pair.refusedAccess, now.Access.Token)
			h.keeper.log.InfoContext(ctx, "sign-in renewed", "connection", h.connection, "system", h.app.System, "access_ends", now.Access.Expires)
			return now.Access, nil, false
		case !errors.Is(err, errSwapped):
			h.setUnsaved(&u)
			h.keeper.log.ErrorContext(ctx, "new tokens could not be stored; this process keeps them and tries again", "connection", h.connection, "err", err)
			return Access{}, h.fail(ReasonStore, fmt.Errorf("store the new tokens: %w", err)), false
		}
		h.keeper.point("overtaken")
		base, err = h.keeper.vault.load(limit, h.connection)
		switch {
		case err != nil:
			h.setUnsaved(&u)
			return Access{}, h.fail(ReasonStore, fmt.Errorf("store the new tokens: %w", err)), false
		case base.SignIn != u.base.SignIn:
			h.setUnsaved(nil) // A person signed in anew: these tokens are of no use any more.
			return Access{}, nil, true
		}
	}
}

// giveUp writes down why there is no pair, and gives the claim back. Where that cannot
// be written the claim ends by itself.
func (h *Holder) giveUp(ctx context.Context, claimed held, f *failure) (a Access, fault *Error, again bool) {
	h.keeper.metrics.renewed(h.connection, f.reason)
	limit, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	next := claimed.Entry
	next.Claim, next.Trouble, next.RefusedApp = nil, after(claimed.Trouble, f, h.keeper.now()), h.appMark()
	h.keeper.point("give up")
	_, err := h.keeper.vault.swap(limit, h.connection, claimed, next)
	h.keeper.point("given up")
	if errors.Is(err, errSwapped) {
		return Access{}, nil, true
	}
	if err != nil {
		h.keeper.log.WarnContext(ctx, "it could not be written down that a sign-in was not renewed", "connection", h.connection, "err", err)
	}
	fault = h.troubled(next.Trouble, next.Trouble.Pause)
	if usable := next.Access; usable.alive(h.keeper.now()) && usable.Token != h.refusedToken() && !next.Trouble.SignedOut() {
		h.see(next)
		h.keeper.log.WarnContext(ctx, "sign-in not renewed yet", "connection", h.connection, "cause", f.cause, "request_id", f.requestID)
		return usable, nil, false
	}
	return Access{}, fault, false
}

// saveLate stores a pair that could not be stored before.
func (h *Holder) saveLate(ctx context.Context) *Error {
	h.mu.Lock()
	late := h.unsaved
	h.mu.Unlock()
	if late == nil {
		return nil
	}
	_, fault, _ := h.keep(ctx, *late)
	return fault
}

// replaced remembers that an access token was fetched since another one was refused.
func (h *Holder) replaced(refused, token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if refused != "" {
		h.replacement = token
	}
}

func (h *Holder) setUnsaved(u *unsaved) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unsaved = u
}
