package grant

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

// Slips are what stands for somebody between two requests: the ticket of a link, and
// the state that goes to the accounting system and comes back. They are random, live
// shortly, and are kept in the bucket under their hash, so that every replica finds
// them and nobody who reads the bucket can use one. Their keys have a dot, so that they
// are no connection's.
const (
	ticketSlip, stateSlip = "ticket", "state"
	ticketLife            = 30 * time.Minute
	stateLife             = 15 * time.Minute
)

// slip is what the bucket holds of one (JSON). None of it is secret.
type slip struct {
	Connection string `json:"connection"`
	System     string `json:"system"`
	// Replace says that a stored sign-in which cannot be opened is replaced.
	Replace bool `json:"replace,omitempty"`
	// Browser is the hash of what the browser that began was given; of states.
	Browser string `json:"browser,omitempty"`
	// Ticket is the hash of the ticket that a state came from.
	Ticket string `json:"ticket,omitempty"`
	// Ends is when it is of no use any more.
	Ends time.Time `json:"ends"`

	revision uint64
}

var errNoSlip = errors.New("not known, used already, or too old")

func hashOf(word string) string {
	sum := sha256.Sum256([]byte(word))
	return hex.EncodeToString(sum[:])
}

// issue keeps a new slip and returns its word.
func (k *Keeper) issue(ctx context.Context, kind string, life time.Duration, s slip) (word string, err error) {
	k.sweep(ctx)
	word = rand.Text()
	s.Ends = time.Now().Add(life)
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode the %s of a sign-in: %w", kind, err)
	}
	if _, err := k.kv.Create(ctx, kind+"."+hashOf(word), raw); err != nil {
		return "", fmt.Errorf("keep the %s of a sign-in: %w", kind, err)
	}
	return word, nil
}

// find returns the slip of a word; errNoSlip where there is none.
func (k *Keeper) find(ctx context.Context, kind, word string) (slip, error) {
	e, err := k.kv.Get(ctx, kind+"."+hashOf(word))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return slip{}, errNoSlip
	}
	if err != nil {
		return slip{}, fmt.Errorf("look up the %s of a sign-in: %w", kind, err)
	}
	s := slip{revision: e.Revision()}
	if json.Unmarshal(e.Value(), &s) != nil || !time.Now().Before(s.Ends) {
		return slip{}, errNoSlip
	}
	return s, nil
}

// use takes a slip out of use. Of two who come with the same word one gets it.
func (k *Keeper) use(ctx context.Context, kind, word string) (slip, error) {
	s, err := k.find(ctx, kind, word)
	if err != nil {
		return slip{}, err
	}
	err = k.kv.Delete(ctx, kind+"."+hashOf(word), jetstream.LastRevision(s.revision))
	if bus.IsConflict(err) {
		return slip{}, errNoSlip
	}
	if err != nil {
		return slip{}, fmt.Errorf("take back the %s of a sign-in: %w", kind, err)
	}
	return s, nil
}

// sweep forgets slips that are too old. What it misses is swept the next time.
func (k *Keeper) sweep(ctx context.Context) {
	names, err := k.kv.ListKeysFiltered(ctx, ticketSlip+".*", stateSlip+".*")
	if err != nil {
		return
	}
	defer func() { _ = names.Stop() }()
	for name := range names.Keys() {
		e, err := k.kv.Get(ctx, name)
		var s slip
		if err == nil && (json.Unmarshal(e.Value(), &s) != nil || time.Now().After(s.Ends)) {
			_ = k.kv.Purge(ctx, name, jetstream.LastRevision(e.Revision()))
		}
	}
}
