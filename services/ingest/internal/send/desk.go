package send

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connection"
)

// Desk decides which connection of one account opens the send of an invoice, and
// remembers the invoices that no connection can take at present. It is made for one
// configuration: another one needs a new Desk, which has forgotten who waited.
type Desk struct {
	connections []*connection.Connection
	waiting     waitingRoom
}

// NewDesk makes the Desk of an account from all its connections, the disabled ones
// too: an invoice that one of those takes waits for it. metrics may be nil.
func NewDesk(account string, all []*connection.Connection, log *slog.Logger, now func() time.Time, metrics *Metrics) *Desk {
	return &Desk{connections: all, waiting: waitingRoom{
		account: account, log: log, now: now, metrics: metrics, known: map[int64]*waits{},
	}}
}

// filters tells whether what belongs to an invoice decides about its connection.
func (d *Desk) filters() bool {
	return slices.ContainsFunc(d.connections, func(c *connection.Connection) bool { return c.Filter != nil && !c.Filter.Otherwise })
}

// choose returns the one enabled connection that takes the invoice, or why it has to
// wait.
func (d *Desk) choose(snap *tradepostv1.Snapshot) (id, why string) {
	takers := connection.Takers(d.connections, snap)
	switch {
	case len(takers) == 0:
		return "", fmt.Sprintf("no filter of the account's connections matches it: it has %s", connection.Describe(snap))
	case len(takers) > 1:
		return "", fmt.Sprintf("the filters of %s all match it: it has %s", names(takers), connection.Describe(snap))
	case !takers[0].Enabled:
		return "", fmt.Sprintf("connection %s takes it, which is disabled", takers[0].ID)
	default:
		return takers[0].ID, ""
	}
}

// closed tells why nothing can be done for a send of the connection; "" where it is
// enabled.
func (d *Desk) closed(id string) string {
	at := slices.IndexFunc(d.connections, named(id))
	switch {
	case at < 0:
		return fmt.Sprintf("its send is open on connection %s, which is not in the configuration", id)
	case !d.connections[at].Enabled:
		return fmt.Sprintf("its send is open on connection %s, which is disabled", id)
	default:
		return ""
	}
}

func named(id string) func(*connection.Connection) bool {
	return func(c *connection.Connection) bool { return c.ID == id }
}

func names(connections []*connection.Connection) string {
	ids := make([]string, len(connections))
	for i, c := range connections {
		ids[i] = c.ID
	}
	return strings.Join(ids, " and ")
}
