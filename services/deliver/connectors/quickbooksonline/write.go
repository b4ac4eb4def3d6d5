package quickbooksonline

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"sync"
)

// maxAttempts bounds what is kept of writes that failed.
const maxAttempts = 10_000

// keyOf makes a request id of what a write is for: the same for every attempt.
func keyOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:20])
}

// attempts keeps which request id comes next for a write. QuickBooks answers a request
// id that it knows with its first answer, errors included. So a write that was refused
// for certain goes on under another id, and one that may have been made never does
// before somebody looked.
type attempts struct {
	mu  sync.Mutex
	all map[string]*attempt
}

type attempt struct {
	id string
	// errors counts answers in a row that said nothing of what was done.
	errors int
}

// id is the request id of a write.
func (a *attempts) id(key string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.all[key]; one != nil && one.id != "" {
		return one.id
	}
	return key
}

// anew gives a write another request id: nothing was made under the last one.
func (a *attempts) anew(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*a.of(key) = attempt{id: keyOf(key, rand.Text())}
}

// failed notes an answer that was an error of QuickBooks itself. The second one in a
// row gives the write another id: Create is called again only when somebody looked and
// found nothing, and QuickBooks may repeat the error for ever.
func (a *attempts) failed(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.of(key)
	if one.errors++; one.errors >= 2 {
		*one = attempt{id: keyOf(key, rand.Text())}
	}
}

func (a *attempts) done(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.all, key)
}

// of returns what is kept of a write. The caller holds mu.
func (a *attempts) of(key string) *attempt {
	if a.all == nil || len(a.all) >= maxAttempts {
		a.all = map[string]*attempt{}
	}
	if a.all[key] == nil {
		a.all[key] = &attempt{}
	}
	return a.all[key]
}

// unmadeClasses are answers that say for certain that nothing was made.
func (t *trouble) unmade() bool {
	switch t.class {
	case classNumber, className, classMissing, classClosed, classRefused, classFeature, classUnpaid, classStale,
		classAway, classForbidden:
		return len(t.faults) > 0
	}
	return false
}

// write posts under the request id of its key. A refusal may be the answer to an
// earlier attempt, told again although its cause was mended since; so it is believed
// only under a request id of its own.
func (q *Online) write(ctx context.Context, resource, key string, query url.Values, body, into any) (*reply, error) {
	answer, err := q.client.post(ctx, resource, q.attempts.id(key), query, body, into)
	t, is := errors.AsType[*trouble](err)
	if is && t.unmade() {
		q.attempts.anew(key)
		answer, err = q.client.post(ctx, resource, q.attempts.id(key), query, body, into)
		t, is = errors.AsType[*trouble](err)
	}
	switch {
	case err == nil:
	case is && t.unmade():
		q.attempts.anew(key)
	case is && t.status != 0 && (t.class == classNoAnswer || t.class == classRepeated):
		q.attempts.failed(key)
	}
	return answer, err
}
