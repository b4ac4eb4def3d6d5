package target

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
)

// The times of the stand-in for QuickBooks Online, and of the connection to it. What a
// call needs on its way stays far below bookCallTime.
const (
	bookCallTime = 5 * time.Second
	bookHidden   = 2 * time.Second
	bookParallel = 10
)

// The app and the address that the stand-in knows, and the first company's realm.
const (
	clientID     = "quickbooks-client"
	clientSecret = "quickbooks-secret"
	redirect     = "http://localhost:8085/connect/quickbooks/callback"
)

// QuickBooks is the stand-in for QuickBooks Online, as a process of its own, with the
// product's own connector and sign-in.
type QuickBooks struct {
	plan plan.Options
	// forgetful books answer no requestid from memory and take a number twice, so that
	// only looking keeps an invoice from being made twice.
	forgetful bool
	api       *bookAPI

	mu sync.Mutex
	// events are those that were fetched, live the documents that stand after them.
	events []Event
	live   map[string]place
}

// place is where a document stands.
type place struct{ entity, id, marker string }

// NewQuickBooks is the target for a plan; Start starts it.
func NewQuickBooks(o plan.Options, forgetful bool) *QuickBooks {
	return &QuickBooks{plan: o, forgetful: forgetful, live: map[string]place{}}
}

// Start implements Target. It fills the company from the book that the stand-in for
// ServiceTrade is made of.
func (q *QuickBooks) Start(ctx context.Context, h Host, crippled bool) (string, error) {
	address, err := h.Spawn(ctx, "quickbooks", "sandbox", "/_quickbooks/companies", func(address string) []string {
		return []string{
			"quickbooks", "serve", "--listen", address, "--seed", strconv.FormatInt(q.plan.Seed, 10), "--invoices", strconv.Itoa(q.plan.Invoices),
			"--auto-connect", "--rotate-after", "-1s", "--query-delay", bookHidden.String(), "--tax", "off",
		}
	})
	if err != nil {
		return "", err
	}
	if q.api, err = openBooks(ctx, "http://"+address); err != nil {
		return "", err
	}
	settings := map[string]any{"closedThrough": "2021-12-31", "closedUntold": true}
	if q.forgetful {
		settings["warnDuplicates"], settings["requestIdMemory"] = false, -1
	}
	if crippled { // Nothing that is new is ever found, and nothing else keeps it from being made again.
		settings["warnDuplicates"], settings["requestIdMemory"], settings["queryDelay"] = false, -1, 24*time.Hour
	}
	if err := q.api.configure(ctx, settings); err != nil {
		return "", err
	}
	return address, q.misbehave(ctx)
}

// misbehave orders the trouble, and limits that are held but not narrow.
func (q *QuickBooks) misbehave(ctx context.Context) error {
	if err := q.api.limit(ctx, map[string]int{"perMinute": 700, "perSecond": 20, "concurrent": 20}); err != nil {
		return err
	}
	for i, o := range bookTroubles() {
		o["seed"] = q.plan.Seed*1000 + int64(i) + 1
		if err := q.api.order(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// bookTroubles are orders of faults. Of writes, each kind of document has its own.
func bookTroubles() []map[string]any {
	all := []map[string]any{
		{"name": "throttled", "fault": "throttled", "probability": 0.003, "retry_after": "2s"},
		{"name": "access token ended early", "fault": "signed-out", "probability": 0.005},
		{"name": "5xx of a read", "fault": "server-error", "method": "GET", "probability": 0.01},
		{"name": "new tokens lost", "fault": "cut-after", "resource": "token", "probability": 0.3},
		{"name": "5xx for tokens", "fault": "server-error", "resource": "token", "probability": 0.1},
	}
	for _, resource := range []string{"invoice", "creditmemo"} {
		for _, o := range []map[string]any{
			{"name": "slow", "fault": "latency", "probability": 0.05, "delay": "100ms", "max_delay": "1500ms"},
			{"name": "answer lost", "fault": "cut-after", "probability": lost},
			{"name": "5xx after the work", "fault": "error-after", "status": 504, "probability": failed},
			{"name": "answer too late", "fault": "error-after", "delay": (bookCallTime + 3*time.Second).String(), "probability": slow},
			{"name": "5xx before the work", "fault": "server-error", "probability": before},
			{"name": "cut before the work", "fault": "cut-before", "probability": before / 2},
			{"name": "application error", "fault": "refused", "code": "10000", "form": "200", "probability": before / 2},
		} {
			o["resource"], o["method"] = resource, "POST"
			all = append(all, o)
		}
	}
	return all
}

// Program implements Target: deliver as it is shipped.
func (q *QuickBooks) Program() string { return "./services/deliver/cmd/deliver" }

// Connection implements Target.
func (q *QuickBooks) Connection(url string, _ bool) Connection {
	return Connection{"quickbooksonline", map[string]any{
		"url": url, "call_time": bookCallTime.String(), "settling_time": bookHidden.String(), "parallel": bookParallel,
		"app": map[string]any{
			"client_id": clientID, "client_secret": clientSecret, "redirect_url": redirect,
			"authorize_url": q.api.url + "/connect/oauth2", "token_url": url + "/oauth2/v1/tokens/bearer",
		},
	}}
}

// Operator implements Target: the operator's own line is never cut.
func (q *QuickBooks) Operator() Connection { return q.Connection(q.api.url, false) }

// SignIn implements Target.
func (q *QuickBooks) SignIn() string { return "quickbooks" }

// Mapping implements Target: QuickBooks takes the accounts from its items.
func (q *QuickBooks) Mapping() map[string]any { return nil }

// RefusedDate implements Target: a day of the closed books. The company's preferences
// do not tell of them, so that only a refusal does.
func (q *QuickBooks) RefusedDate() time.Time { return time.Date(2021, 6, 15, 16, 0, 0, 0, time.UTC) }

// ClaimTime implements Target: what the connector says is its longest call, and then
// as for the plain books.
func (q *QuickBooks) ClaimTime() time.Duration {
	longest := bookCallTime + bookCallTime/4 + bookCallTime/24
	return longest + 10*time.Second + bookHidden + 5*time.Second
}

// Delete implements Target.
func (q *QuickBooks) Delete(ctx context.Context, marker string) (bool, error) {
	if _, err := q.Events(ctx); err != nil {
		return false, err
	}
	q.mu.Lock()
	var there []place
	for _, p := range q.live {
		if p.marker == marker {
			there = append(there, p)
		}
	}
	q.mu.Unlock()
	for _, p := range there {
		if err := q.api.remove(ctx, p); err != nil {
			return false, fmt.Errorf("take %s %s of %s out of the books: %w", p.entity, p.id, marker, err)
		}
	}
	return len(there) > 0, nil
}

// Admit implements Target.
func (q *QuickBooks) Admit(ctx context.Context, marker string) error {
	return q.api.admit(ctx, "["+marker+" ")
}

// Calm implements Target.
func (q *QuickBooks) Calm(ctx context.Context) (map[string]int, error) { return q.api.calm(ctx) }

// Events implements Target. It asks for what is new only.
func (q *QuickBooks) Events(ctx context.Context) ([]Event, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	fresh, err := q.api.journal(ctx, len(q.events))
	if err != nil {
		return nil, err
	}
	for _, w := range fresh {
		if w.Number != len(q.events)+1 {
			return nil, fmt.Errorf("entry %d of the books' journal is numbered %d", len(q.events)+1, w.Number)
		}
		e := w.event()
		q.events = append(q.events, e)
		switch e.What {
		case Created, Updated:
			q.live[e.ID] = place{w.Entity, e.ID, e.Marker}
		case Deleted, Voided:
			delete(q.live, e.ID)
		}
	}
	return slices.Clip(q.events), nil
}

// Totals implements Target: as the company shows its documents, not as they were written.
func (q *QuickBooks) Totals(ctx context.Context) (map[string][]string, error) {
	all := map[string][]string{}
	for _, entity := range []string{"Invoice", "CreditMemo"} {
		documents, err := q.api.documents(ctx, entity)
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			if !d.isVoid() {
				all[d.marker()] = append(all[d.marker()], d.total(entity))
			}
		}
	}
	return all, nil
}

// stamp is what the product writes into the private note of its documents, with the
// marker in front.
var stamp = regexp.MustCompile(`\[(st-[a-z0-9-]+) `)
