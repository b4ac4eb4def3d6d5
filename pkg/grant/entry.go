package grant

import (
	"cmp"
	"slices"
	"time"
)

// Access is an access token.
type Access struct {
	Token string `json:"token"`
	// Renew is from when on another one is fetched, and Expires when this one is of no
	// use any more.
	Renew   time.Time `json:"renew"`
	Expires time.Time `json:"expires"`
}

func (a Access) fresh(now time.Time) bool { return a.Token != "" && now.Before(a.Renew) }
func (a Access) alive(now time.Time) bool { return a.Token != "" && now.Before(a.Expires) }

// Refresh is a refresh token, and since when we have it.
type Refresh struct {
	Token string    `json:"token"`
	Since time.Time `json:"since"`
	// Ends is when it dies of not being used; zero where the accounting system did not tell.
	Ends time.Time `json:"ends,omitzero"`
}

// Entry is what is kept of one connection's sign-in.
type Entry struct {
	// System is SignIn.System of the sign-in.
	System string
	// SignIn is a random word for the sign-in. Pairs of different ones are never mixed.
	SignIn string
	// SignedIn is when a person signed in, Renewed when the last pair was stored.
	SignedIn, Renewed time.Time
	// Ends is when a person has to sign in again, however often the tokens are used;
	// zero where the accounting system did not tell.
	Ends time.Time
	// Pairs counts the pairs that were stored since the sign-in.
	Pairs int64
	// Claim is held by the one process that renews; nil when nobody does.
	Claim *Claim
	// Trouble is why the last renewal did not work; nil when it did.
	Trouble *Trouble
	Secrets
}

// Secrets is the part of an entry that is encrypted.
type Secrets struct {
	// Company is the id of the company that was signed in to.
	Company string `json:"company"`
	Access  Access `json:"access"`
	// Refresh holds the refresh tokens, the newest first.
	Refresh []Refresh `json:"refresh"`
	// RefusedApp tells with which client id and secret the last renewal failed: others
	// are tried at once.
	RefusedApp string `json:"refused_app,omitempty"`
}

// Claim is the right to renew, and the note that somebody is about to: whoever finds
// one that is over knows that a pair may have been given out that nobody has.
type Claim struct {
	Owner string `json:"owner"`
	// Lasts is from when it was written, by the server's clock.
	Lasts time.Duration `json:"lasts"`
}

const (
	// kept is how many refresh tokens are kept beside the newest at the most, and
	// keptFor for how long after another one took their place.
	kept    = 8
	keptFor = 7 * 24 * time.Hour
)

// with returns e with a pair that the accounting system has just given. Refresh tokens
// are in the order in which they were given; the access token that lives longest counts.
func (e Entry) with(p pair, now time.Time) Entry {
	e.Claim, e.Trouble, e.RefusedApp = nil, nil, ""
	e.Renewed = now
	e.Pairs++
	if p.access.Expires.After(e.Access.Expires) || e.Access.Token == p.refusedAccess {
		e.Access = p.access
	}
	if !p.ends.IsZero() {
		e.Ends = p.ends
	}
	all := slices.DeleteFunc(slices.Clone(e.Refresh), func(r Refresh) bool { return r.Token == p.refresh.Token })
	all = append(all, p.refresh)
	slices.SortStableFunc(all, func(a, b Refresh) int { return cmp.Compare(b.Since.UnixNano(), a.Since.UnixNano()) })
	e.Refresh = pruned(all, p.used, now)
	return e
}

// pruned forgets tokens that can hardly work any more: many others, or a week, came
// after them. The newest and the one that worked last are never among those.
func pruned(all []Refresh, used string, now time.Time) []Refresh {
	var left []Refresh
	for i, r := range all {
		superseded := i > 0 && now.Sub(all[i-1].Since) > keptFor
		if i == 0 || r.Token == used || (!superseded && len(left) <= kept) {
			left = append(left, r)
		}
	}
	return left
}

// RefreshEnds is when the newest refresh token dies of not being used; zero where that
// is not known.
func (e Entry) RefreshEnds() time.Time {
	if len(e.Refresh) == 0 {
		return time.Time{}
	}
	return e.Refresh[0].Ends
}
