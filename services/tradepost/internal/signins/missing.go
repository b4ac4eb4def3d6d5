package signins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// Missing is what is known of processes of deliver that lack the key of a connection's
// sign-in.
type Missing struct {
	// Processes are those that lack it.
	Processes []grant.KeyMissing
	// Nobody says that no other process takes the connection's invoices: they wait.
	Nobody bool
}

// KeyMissing returns the processes that lack the key of a connection's sign-in; nil
// where none does. It needs no key itself.
func KeyMissing(ctx context.Context, js jetstream.JetStream, connection string) (*Missing, error) {
	all, err := grant.KeysMissing(ctx, js)
	if err != nil || len(all[connection]) == 0 {
		return nil, err
	}
	m := &Missing{Processes: all[connection]}
	c := bus.ReadyConsumer(connection, 1)
	have, err := js.Consumer(ctx, c.Stream, c.Durable)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		m.Nobody = true
	case err != nil:
		return nil, fmt.Errorf("look up consumer %s: %w", c.Durable, err)
	default:
		info := have.CachedInfo()
		m.Nobody = info.NumWaiting == 0 && !m.others(info.Delivered.Last)
	}
	return m, nil
}

const (
	// leaveTime is within which a process that meets that it lacks the key has left.
	leaveTime = 10 * time.Second
	// busyFor is how long one that works for all its slots may take nothing new.
	busyFor = 3 * time.Minute
)

// others tells whether another process took an invoice lately, the last one at that time.
// One that works for as many as it may asks for none.
func (m *Missing) others(last *time.Time) bool {
	if last == nil || time.Since(*last) > busyFor {
		return false
	}
	for _, p := range m.Processes {
		if last.Before(p.Since.Add(leaveTime)) {
			return false
		}
	}
	return true
}

// What says who lacks the key, and what that means, in a sentence. Times are in zone.
func (m *Missing) What(zone *time.Location) string {
	names := make([]string, len(m.Processes))
	for i, p := range m.Processes {
		names[i] = fmt.Sprintf("%s since %s (%s)", p.Process, p.Since.In(zone).Format(time.RFC3339), p.Cause)
	}
	who := strings.Join(names, ", ")
	id := m.Processes[0].Connection
	if m.Nobody {
		return fmt.Sprintf("no process of deliver that runs has the key for secrets that encrypted the sign-in of connection %s, and its invoices wait: %s", id, who)
	}
	return fmt.Sprintf("a process of deliver has not the key for secrets that encrypted the sign-in of connection %s, and takes none of its invoices; others do: %s", id, who)
}

// Fix says what to do: it is not to sign in again.
func (m *Missing) Fix() string { return grant.KeyFix(m.Processes[0].System, m.Processes[0].Connection) }

// Unread tells in a sentence which key the sign-in needs that this command lacks; ""
// where it has that key. It makes no keys.
func Unread(config *connection.Config, s grant.State) string {
	id, err := keyring.ParseID(s.Key)
	if err != nil {
		return ""
	}
	config, err = withOwnKeys(config)
	if err == nil && !config.Secrets.Key.IsZero() {
		var ring *keyring.Ring
		if ring, err = config.Secrets.Ring(); err == nil && ring.Has(id) {
			return ""
		}
	}
	text := fmt.Sprintf("this command has not the key for secrets that encrypted the sign-in of connection %s (key %s)", s.Connection, s.Key)
	if err != nil {
		text += ": " + err.Error()
	}
	return text
}

// withOwnKeys gives a configuration without keys those that `tradepost up` made in
// data_dir, if it did.
func withOwnKeys(config *connection.Config) (*connection.Config, error) {
	if !config.Secrets.Key.IsZero() {
		return config, nil
	}
	text, err := os.ReadFile(filepath.Join(config.DataDir, OwnKeys))
	if errors.Is(err, fs.ErrNotExist) {
		return config, nil
	}
	if err != nil {
		return config, fmt.Errorf("read the keys for secrets: %w", err)
	}
	own := *config
	own.Secrets.Key = connection.NewSecret(string(text))
	return &own, nil
}
