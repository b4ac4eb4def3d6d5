package servicetrade

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// forbiddenNote is how often a call that goes on being forbidden is noted again.
const forbiddenNote = 5 * time.Minute

// actionOf names a kind of call: GET /invoice for GET /invoice/17.
func actionOf(r request) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	return r.method + " /" + first
}

// noteForbidden tells everybody that the user lacks a permission, and that it has
// it again with the first such call that works.
func (c *Client) noteForbidden(ctx context.Context, r request, fault *Error) {
	denied := fault != nil && fault.Status == http.StatusForbidden
	if !c.keeper.denies(actionOf(r), denied, c.now()) {
		return
	}
	save, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	kept, err := c.keeper.vault.Load(save)
	other := kept.Trouble != nil && kept.Trouble.Reason != ReasonForbidden
	if err != nil || kept.Lease != nil || other || (!denied && kept.Trouble == nil) {
		return
	}
	next := kept.SignIn
	next.Trouble = nil
	if denied {
		about := *fault
		about.Path = strings.TrimPrefix(actionOf(r), r.method+" ")
		next.Trouble = c.trouble(ReasonForbidden, &about, kept.Trouble)
	}
	c.put(save, kept, next)
}

// denies remembers whether an action is forbidden, and says whether that has to be
// told: it is new, is told long ago, or is over.
func (k *keeper) denies(action string, denied bool, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	told, known := k.denied[action]
	if !denied {
		delete(k.denied, action)
		return known && len(k.denied) == 0
	}
	if known && now.Sub(told) < forbiddenNote {
		return false
	}
	if k.denied == nil {
		k.denied = map[string]time.Time{}
	}
	k.denied[action] = now
	return true
}
