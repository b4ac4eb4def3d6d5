package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// keyError is keyring.ErrNoKey with the ids of the keys.
type keyError struct {
	// needs is the id of the key that encrypted the entry, "" where that is not known.
	needs string
	has   []keyring.ID
}

// Error says which key is missing.
func (e *keyError) Error() string {
	text := "there is no key for secrets here"
	if len(e.has) > 0 {
		has := make([]string, len(e.has))
		for i, id := range e.has {
			has[i] = id.String()
		}
		text = "the keys here are " + strings.Join(has, ", ")
	}
	if e.needs != "" {
		text = "it needs key " + e.needs + "; " + text
	}
	return text
}

// Unwrap returns keyring.ErrNoKey.
func (e *keyError) Unwrap() error { return keyring.ErrNoKey }

const (
	// missingSlip begins the keys of the notes of processes that lack a key: the
	// connection and the process follow. They have dots, so that they are no connection's.
	missingSlip = "missing"
	// missingAgain is how often a note is written again, and missingFor how old one may
	// be whose process still runs. Those of processes that died are swept after missingKept.
	missingAgain, missingFor, missingKept = 30 * time.Second, 3 * time.Minute, time.Hour
	// CodeKeyMissing is the fault's, in the log of the process that lacks the key.
	CodeKeyMissing = "connection.key_missing"
)

// KeyMissing is a process that cannot read the sign-in of a connection, since it lacks
// the key, and therefore takes none of its invoices.
type KeyMissing struct {
	Connection string `json:"connection"`
	// System is SignIn.System of the connection.
	System string `json:"system"`
	// Process names it as its log does.
	Process string `json:"process"`
	// Since is when the process met it first.
	Since time.Time `json:"since"`
	// Cause names the key that it needs and those that it has, by their ids.
	Cause string `json:"cause"`
}

// KeysMissing returns the processes that lack a key now, by connection. One that died
// may be among them for three minutes.
func KeysMissing(ctx context.Context, js jetstream.JetStream) (map[string][]KeyMissing, error) {
	kv, err := js.KeyValue(ctx, bus.BucketGrants)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the sign-ins to accounting systems: %w", bus.BucketGrants, err)
	}
	all := map[string][]KeyMissing{}
	err = eachMissing(ctx, js, kv, ">", func(e jetstream.KeyValueEntry) {
		var m KeyMissing
		if json.Unmarshal(e.Value(), &m) == nil && time.Since(e.Created()) < missingFor {
			all[m.Connection] = append(all[m.Connection], m)
		}
	})
	for _, list := range all {
		slices.SortFunc(list, func(a, b KeyMissing) int { return strings.Compare(a.Process, b.Process) })
	}
	return all, err
}

// eachMissing calls do with the notes whose keys go on with rest. Whoever may read the
// bucket may do so: it makes no consumer.
func eachMissing(ctx context.Context, js jetstream.JetStream, kv jetstream.KeyValue, rest string, do func(jetstream.KeyValueEntry)) error {
	prefix := "$KV." + bus.BucketGrants + "."
	s, err := js.Stream(ctx, "KV_"+bus.BucketGrants)
	if err != nil {
		return fmt.Errorf("list the processes that lack the key of a sign-in: %w", err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(prefix+missingSlip+"."+rest))
	if err != nil {
		return fmt.Errorf("list the processes that lack the key of a sign-in: %w", err)
	}
	for subject := range info.State.Subjects {
		if e, err := kv.Get(ctx, strings.TrimPrefix(subject, prefix)); err == nil { // else it was just taken back
			do(e)
		}
	}
	return nil
}

// note is what a keeper wrote of one connection.
type note struct{ since, written time.Time }

func (k *Keeper) missingKey(connection string) string {
	return missingSlip + "." + connection + "." + hashOf(k.owner)[:16]
}

// keyMissing tells that this process lacks the key of a connection's sign-in: to whoever
// asked for it, so that the process leaves the connection to others, and in the bucket,
// for people. Others are not kept from working.
func (k *Keeper) keyMissing(h *Holder, err *Error) {
	if k.onKeyMissing == nil {
		return
	}
	k.onKeyMissing(h.connection, err)
	n, write := k.noteMissing(h.connection, time.Now())
	if !write {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pauseTime)
	defer cancel()
	if n.since.Equal(n.written) {
		k.log.ErrorContext(ctx, "this process takes no invoices of the connection; others that have the key do",
			"connection", h.connection, "code", CodeKeyMissing, "cause", err.What(), "fix", err.Fix())
		k.sweepMissing(ctx, h.connection)
	}
	raw, e := json.Marshal(KeyMissing{Connection: h.connection, System: h.app.System, Process: k.owner, Since: n.since, Cause: err.Cause})
	if e == nil {
		_, e = k.kv.Put(ctx, k.missingKey(h.connection), raw)
	}
	if e != nil {
		k.log.WarnContext(ctx, "it could not be written down that the key of a sign-in is missing", "connection", h.connection, "err", e)
	}
}

// noteMissing remembers that a key is missing; write is false where that was written
// down a moment ago.
func (k *Keeper) noteMissing(connection string, now time.Time) (n note, write bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, known := k.notes[connection]
	if known && now.Sub(n.written) < missingAgain {
		return n, false
	}
	if !known {
		n.since = now
	}
	n.written = now
	k.notes[connection] = n
	return n, true
}

// keyThere takes back what was told of a connection whose sign-in can be read again.
func (k *Keeper) keyThere(connection string) {
	k.mu.Lock()
	_, known := k.notes[connection]
	delete(k.notes, connection)
	k.mu.Unlock()
	if !known {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pauseTime)
	defer cancel()
	if err := k.kv.Purge(ctx, k.missingKey(connection)); err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		k.log.WarnContext(ctx, "a note on a missing key was not taken back; it counts for three minutes", "connection", connection, "err", err)
	}
	k.log.InfoContext(ctx, "the sign-in of the connection can be read again, or is not wanted any more", "connection", connection)
}

// keysThere takes back all that was told: the process ends.
func (k *Keeper) keysThere() {
	k.mu.Lock()
	var all []string
	for id := range k.notes {
		all = append(all, id)
	}
	k.mu.Unlock()
	for _, id := range all {
		k.keyThere(id)
	}
}

// sweepMissing forgets the notes of processes that died.
func (k *Keeper) sweepMissing(ctx context.Context, connection string) {
	_ = eachMissing(ctx, k.js, k.kv, connection+".*", func(e jetstream.KeyValueEntry) {
		if time.Since(e.Created()) > missingKept {
			_ = k.kv.Purge(ctx, e.Key(), jetstream.LastRevision(e.Revision()))
		}
	})
}
