// Package metered has commands that ask an accounting system keep to its limits, and
// count their metered reads, together with the services.
package metered

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/permits"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// reachTime bounds the look whether this user of NATS may take part.
const reachTime = 5 * time.Second

// Meter is a command's part in the limits and counts of the apps that it calls. Where it
// cannot take part it keeps to the limits by itself, and its reads are in no count. Make
// one with New for each command, and close it before NATS is left.
type Meter struct {
	js jetstream.JetStream
	// why says what keeps the command from taking part; "" where nothing does.
	why string

	once   sync.Once
	shared *permits.Permits
	alone  *permits.Alone
}

// New makes a Meter. js may be nil, and why then says why it is. Nobody is asked before
// the first call to an accounting system that has limits.
func New(js jetstream.JetStream, why string) *Meter {
	return &Meter{js: js, why: why, alone: permits.NewAlone()}
}

// Give has the connector of s call by the meter.
func (m *Meter) Give(s *connector.Settings) { s.Calls = m.limiter }

func (m *Meter) limiter(l connector.CallLimits) connector.CallLimiter {
	m.once.Do(m.join)
	if m.shared == nil {
		return m.alone.For(l)
	}
	return m.shared.For(l)
}

// join takes part, if NATS lets it: a user without permission would wait for ever.
func (m *Meter) join() {
	if m.js == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), reachTime)
	defer cancel()
	shared, err := permits.Open(ctx, permits.Options{JS: m.js, Instance: runtime.NewInstance(), Log: slog.New(slog.DiscardHandler), Silent: true})
	if err == nil {
		if err = shared.Reach(ctx); err == nil {
			m.shared = shared
			return
		}
		shared.Close()
	}
	m.why = fmt.Sprintf("NATS does not let it take part (%v)", err)
}

// Close leaves, once all connectors are closed.
func (m *Meter) Close() {
	m.once.Do(func() { m.why = cmp.Or(m.why, "it called nobody") })
	if m.shared != nil {
		m.shared.Close()
	}
}

// Words tell of each app how many metered reads were made, and whether they are in its
// count of the month; "" where none were. Close comes first.
func (m *Meter) Words() string {
	made := m.alone.Reads()
	if m.shared != nil {
		made = m.shared.Reads()
	}
	var said []string
	for _, r := range made {
		said = append(said, m.words(r))
	}
	return strings.Join(said, "\n")
}

func (m *Meter) words(r permits.Reads) string {
	app := "app " + r.App
	if r.App == "" {
		app = "the access token's app"
	}
	words := fmt.Sprintf("Metered reads: %d, of %s", r.Made, app)
	if r.Uncounted > 0 {
		return fmt.Sprintf("%s. Not in its count of the month: %d, since %s.", words, r.Uncounted, cmp.Or(m.why, "NATS did not take them"))
	}
	if r.Budget > 0 {
		return fmt.Sprintf("%s, which made %d of %d in %s.", words, r.Total, r.Budget, r.Month)
	}
	return fmt.Sprintf("%s, which made %d in %s.", words, r.Total, r.Month)
}
