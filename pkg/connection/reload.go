package connection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

const (
	// maxTold bounds the problems of one refusal in the log, and the names in a line.
	maxTold  = 50
	maxNames = 20
)

// read loads the files and takes or refuses what they say. What changed since the
// look that noticed it is left to the next look.
func (l *Live) read(ctx context.Context, asked bool) {
	c, problems := Inspect(l.started.Path, l.o.Environ)
	err := strictyaml.AsError(problems)
	for _, check := range l.o.Checks {
		if err == nil {
			err = check(c)
		}
	}
	if err == nil {
		err = c.moved(l.belonged)
	}
	found := c.sources.all() // after the checks: they may read secrets
	if l.pending != nil && differ(found, l.pending) {
		return
	}
	l.judged = found
	switch {
	case err != nil:
		l.refuse(ctx, err)
	case same(found, l.inForce):
		l.unchanged(ctx, asked)
	default:
		l.take(ctx, c)
	}
}

// refuse leaves the configuration in force.
func (l *Live) refuse(ctx context.Context, err error) {
	l.mu.Lock()
	l.status.Refused++
	if l.status.Trouble == nil { // a further bad edit does not make it younger
		l.status.RefusedAt = time.Now()
	}
	l.status.Trouble = err
	l.mu.Unlock()
	var all *Error
	if !errors.As(err, &all) {
		all = &Error{Problems: []Problem{{File: l.started.Path, What: err.Error()}}}
	}
	l.o.Log.ErrorContext(ctx, "the changed configuration is refused; the one before stays in force until the files are mended",
		"config", l.started.Path, "problems", len(all.Problems))
	for _, p := range all.Problems[:min(len(all.Problems), maxTold)] {
		l.o.Log.ErrorContext(ctx, "the changed configuration is refused", "problem", strings.ReplaceAll(p.String(), "\n    ", "; "))
	}
}

// unchanged is for files that say again what is in force.
func (l *Live) unchanged(ctx context.Context, asked bool) {
	l.mu.Lock()
	mended := l.status.Trouble != nil
	l.status.Trouble, l.status.RefusedAt = nil, time.Time{}
	l.mu.Unlock()
	if mended || asked {
		l.o.Log.InfoContext(ctx, "the files say what is in force already", "config", l.started.Path)
	}
}

// take puts c in force, but for the settings that a running process cannot change.
func (l *Live) take(ctx context.Context, c *Config) {
	for _, name := range fixed(l.started, c) {
		l.o.Log.WarnContext(ctx, "a changed setting takes effect at the next start", "setting", name)
	}
	l.mu.Lock()
	before := l.current
	if !c.Written.After(before.Written) { // an older file was put back, which is a change of now
		c.Written = time.Now()
	}
	c.keep(before)
	l.current = c
	l.status.Taken++
	l.status.Since, l.status.Trouble, l.status.RefusedAt = time.Now(), nil, time.Time{}
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	l.inForce = l.judged
	l.belonged = accountsOf(l.belonged, c)
	accounts := changes(before.Accounts, c.Accounts, (*Account).Fingerprint)
	connections := changes(before.Connections, c.Connections, whole)
	log := l.o.Log.With("config", c.Path, "connections", len(c.Connections), "accounts_changed", accounts, "connections_changed", connections)
	if len(c.EnabledConnections()) == 0 && len(before.EnabledConnections()) > 0 {
		log.WarnContext(ctx, "a changed configuration is in force, without any enabled connection: nothing is posted")
		return
	}
	log.InfoContext(ctx, "a changed configuration is in force")
}

// whole is a connection's fingerprint with its mapping.
func whole(c *Connection) string {
	if c.Mapping == nil {
		return c.Fingerprint()
	}
	return c.Fingerprint() + c.Mapping.Hash()
}

// changes says which are new, gone and changed: "+new -gone ~changed".
func changes[T any](before, after map[string]T, of func(T) string) string {
	var names []string
	for id, a := range after {
		if b, known := before[id]; !known {
			names = append(names, "+"+id)
		} else if of(a) != of(b) {
			names = append(names, "~"+id)
		}
	}
	for id := range before {
		if _, stays := after[id]; !stays {
			names = append(names, "-"+id)
		}
	}
	slices.Sort(names)
	if more := len(names) - maxNames; more > 0 {
		names = append(names[:maxNames], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, " ")
}

// fixed names the settings that differ and that a running process cannot change.
func fixed(a, b *Config) []string {
	differ := map[string]bool{
		"data_dir": a.DataDir != b.DataDir, "nats": a.NATS != b.NATS, "http": a.HTTP != b.HTTP, "log": a.Log != b.Log,
		"webhook.listen": a.Webhook.Listen != b.Webhook.Listen,
		"connect":        a.Connect != b.Connect,
		"secrets":        a.Secrets.KeyFile != b.Secrets.KeyFile || a.Secrets.Key.Reveal() != b.Secrets.Key.Reveal(),
	}
	maps.DeleteFunc(differ, func(_ string, d bool) bool { return !d })
	return slices.Sorted(maps.Keys(differ))
}

// keep takes the settings over from the configuration in force that fixed compares.
func (c *Config) keep(from *Config) {
	c.DataDir, c.NATS, c.HTTP, c.Log, c.Secrets = from.DataDir, from.NATS, from.HTTP, from.Log, from.Secrets
	c.Webhook.Listen, c.Connect = from.Webhook.Listen, from.Connect
}
