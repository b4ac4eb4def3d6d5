package grant

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
)

// ErrOtherCompany means that somebody signed in to another company than the one whose
// books the connection posts to.
var ErrOtherCompany = errors.New("another company was chosen")

// ErrKey means that a sign-in is stored which the keys of this process cannot open.
var ErrKey = errors.New("the stored sign-in cannot be opened with the keys of this process")

// Company is the company that a connection is bound to; ID is "" where it is to none.
type Company struct{ ID, Name string }

// signIn exchanges the code of a redirect for tokens and stores them. company is what
// the redirect named. replace also replaces a stored sign-in that cannot be opened here.
func (k *Keeper) signIn(ctx context.Context, h *Holder, code, company string, replace bool) error {
	if err := h.rightCompany(ctx, company); err != nil {
		return err
	}
	old, err := k.replaceable(ctx, h, replace)
	if err != nil {
		return err
	}
	k.point("exchange")
	p, f := h.endpoint.exchange(ctx, code)
	k.point("exchanged")
	if f != nil {
		return fmt.Errorf("%s gave no tokens: %s", h.app.Title, f.cause)
	}
	return k.storeSignIn(ctx, h, old, p, company)
}

// replaceable loads what a sign-in takes the place of, before the code is used up.
func (k *Keeper) replaceable(ctx context.Context, h *Holder, replace bool) (held, error) {
	old, err := k.vault.load(ctx, h.connection)
	switch {
	case err == nil:
		return old, nil
	case errors.Is(err, keyring.ErrNoKey) && !replace:
		return held{}, fmt.Errorf("%w: %w", ErrKey, err)
	case errors.Is(err, keyring.ErrNoKey), errors.Is(err, errUnreadable):
		return held{revision: old.revision}, nil
	default:
		return held{}, err
	}
}

// storeSignIn puts a new sign-in into the place of the old one, whoever is just renewing that.
func (k *Keeper) storeSignIn(ctx context.Context, h *Holder, old held, p pair, company string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	next := Entry{System: h.app.System, SignIn: rand.Text(), SignedIn: k.now(), Secrets: Secrets{Company: company}}.with(p, k.now())
	for {
		now, err := k.vault.swap(ctx, h.connection, old, next)
		k.point("signed in")
		if err == nil {
			h.see(now.Entry)
			h.note(nil)
			k.resume(ctx, h.connection)
			return nil
		}
		if !errors.Is(err, errSwapped) {
			return fmt.Errorf("store the sign-in: %w", err)
		}
		if old, err = k.vault.load(ctx, h.connection); err != nil && !errors.Is(err, keyring.ErrNoKey) && !errors.Is(err, errUnreadable) {
			return fmt.Errorf("store the sign-in: %w", err)
		}
	}
}

// resume ends the pause of a connection that was signed out. Where that does not work,
// deliver's probe does it some time later.
func (k *Keeper) resume(ctx context.Context, connection string) {
	if k.pauses == nil {
		return
	}
	p, err := k.pauses.Get(ctx, connection)
	if err == nil && p.GetBy() == pause.Deliver && p.GetReason() == connector.ReasonSignedOut {
		_, err = k.pauses.LiftOwn(ctx, connection, p, time.Now())
	}
	if err != nil {
		k.log.WarnContext(ctx, "the pause of a connection that was signed in again was not ended yet", "connection", connection, "err", err)
	}
}

// rightCompany refuses another company than the one that the connection is for: that of
// the settings, or that of its first use.
func (h *Holder) rightCompany(ctx context.Context, company string) error {
	if company == "" {
		return fmt.Errorf("%s did not tell which company was chosen", h.app.Title)
	}
	if want := h.app.Company; want != "" && want != company {
		return fmt.Errorf("%w: the settings of connection %s ask for company %s, and %s was chosen", ErrOtherCompany, h.connection, want, company)
	}
	bound, err := h.keeper.bound(ctx, h.connection)
	if err != nil {
		return err
	}
	if bound.ID != "" && bound.ID != company {
		return fmt.Errorf("%w: connection %s was first used with %q (company %s), and company %s was chosen. "+
			"Sign in again and choose the first one; another company needs a connection of its own", ErrOtherCompany, h.connection, bound.Name, bound.ID, company)
	}
	return nil
}
