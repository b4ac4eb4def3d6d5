package target

import (
	"context"
	"strconv"
	"strings"
	"time"

	books "github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
)

const (
	// hidden is how long a search does not show a new document.
	hidden = 2 * time.Second
	// callTime is the longest call. What travels slower than that is the network's
	// and the machine's fault, not the product's; the harness delays less.
	callTime = 5 * time.Second
	// slowAnswer is longer than that.
	slowAnswer = 6 * time.Second
	// parallel is how many documents are posted at once.
	parallel = 16
)

// The chances of trouble of a write.
const (
	lost   = 0.03
	failed = 0.02
	slow   = 0.01
	before = 0.02
)

// Plain is an accounting system without idempotency key and without unique index.
type Plain struct{ books *books.Books }

// NewPlain opens empty books whose trouble is drawn from the plan's seed.
func NewPlain(o plan.Options) *Plain {
	return &Plain{books.New(books.Options{
		ID: "chaos-" + strconv.FormatInt(o.Seed, 10), Hidden: hidden, ClosedThrough: "2021-12-31", Slow: slowAnswer,
		Misbehave: func(marker string, nth int) books.Trouble { return trouble(o.Draw("books/"+marker, nth)) },
	})}
}

func trouble(draw float64) books.Trouble {
	for _, t := range []struct {
		share float64
		what  books.Trouble
	}{{lost, books.TroubleLost}, {failed, books.TroubleError}, {slow, books.TroubleSlow}, {before, books.TroubleBefore}} {
		if draw -= t.share; draw < 0 {
			return t.what
		}
	}
	return ""
}

// Start implements Target.
func (p *Plain) Start(_ context.Context, h Host, _ bool) (string, error) { return h.Serve(p.books) }

// Program implements Target.
func (p *Plain) Program() string { return "./services/deliver/cmd/deliver-chaos" }

// Connection implements Target.
func (p *Plain) Connection(url string, crippled bool) Connection {
	find := "on"
	if crippled {
		find = "off"
	}
	return Connection{"plainbooks", map[string]any{
		"url": url, "find": find, "call_time": callTime.String(), "settling": hidden.String(), "parallel": parallel,
	}}
}

// Operator implements Target: another connector of the product makes the same streams.
func (p *Plain) Operator() Connection {
	return Connection{"hledger", map[string]any{"journal_dir": "books"}}
}

// SignIn implements Target.
func (p *Plain) SignIn() string { return "" }

// Mapping implements Target.
func (p *Plain) Mapping() map[string]any {
	return map[string]any{"accounts": map[string]any{"receivable": "receivable", "revenue_default": "revenue"}}
}

// RefusedDate implements Target.
func (p *Plain) RefusedDate() time.Time { return time.Date(2021, 6, 15, 16, 0, 0, 0, time.UTC) }

// ClaimTime implements Target: the longest call, its slack, the settling time and
// the margin of whoever takes over.
func (p *Plain) ClaimTime() time.Duration { return callTime + 10*time.Second + hidden + 5*time.Second }

// Delete implements Target.
func (p *Plain) Delete(_ context.Context, marker string) (bool, error) {
	there := p.books.Count(marker) > 0
	p.books.Delete(marker)
	return there, nil
}

// Admit implements Target.
func (p *Plain) Admit(_ context.Context, marker string) error {
	p.books.Admit(marker)
	return nil
}

// Calm implements Target.
func (p *Plain) Calm(context.Context) (map[string]int, error) {
	p.books.Calm()
	return nil, nil
}

// Events implements Target.
func (p *Plain) Events(context.Context) ([]Event, error) {
	var all []Event
	for _, e := range p.books.Events() {
		one := Event{At: e.At, What: e.What, Marker: e.Marker, ID: e.ID, Total: signed(e.Kind, e.Total), Trouble: string(e.Trouble)}
		if !e.Sent.IsZero() {
			one.Late = e.At.Sub(e.Sent)
		}
		all = append(all, one)
	}
	return all, nil
}

// Totals implements Target.
func (p *Plain) Totals(context.Context) (map[string][]string, error) {
	all := map[string][]string{}
	for _, d := range p.books.Documents() {
		all[d.Marker] = append(all[d.Marker], signed(d.Kind, d.Total))
	}
	return all, nil
}

// signed gives the total of a credit memo ServiceTrade's sign.
func signed(kind, total string) string {
	if total == "" {
		return ""
	}
	if kind != "invoice" && !strings.HasPrefix(total, "-") {
		return "-" + total
	}
	return total
}
