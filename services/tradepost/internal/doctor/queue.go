package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

const (
	// unsettledAge is the age from which an outcome that ServiceTrade was not told counts as late:
	// reconcile's sweep takes it up after three minutes.
	unsettledAge = 10 * time.Minute
	// shownInvoices is how many invoices are named, and reasonLength how many
	// characters of a reason are shown.
	shownInvoices = 5
	reasonLength  = 90
	manual        = "docs/operating.md"
)

// queue is what the records say of invoices that are on their way.
type queue struct {
	records   int
	states    map[string]int
	parked    map[string]int // by reason
	held      []record.Entry
	unsettled []record.Entry
	gone      map[string]int // unfinished, by connection that the configuration lacks
	overdue   []record.Entry
	doubtful  []record.Entry
	behind    []record.Entry // in the books, and gone from ServiceTrade
}

// onTheWay looks through the records and the dead letters for what waits for a
// person.
func (d *doctor) onTheWay(ctx context.Context, js jetstream.JetStream) []Result {
	c := check{systemNATS, "invoices"}
	store, err := record.Open(ctx, js)
	if err != nil {
		return []Result{c.skip("the records cannot be looked at: %v", err)}
	}
	q := queue{states: map[string]int{}, parked: map[string]int{}, gone: map[string]int{}}
	err = store.Each(ctx, func(e record.Entry) error {
		if d.concerns(e.Record.GetAccount(), e.Record.GetConnection()) {
			q.add(e, d.now())
			if e.State() != record.Closed && d.config.Connections[e.Record.GetConnection()] == nil {
				q.gone[e.Record.GetConnection()]++
			}
		}
		return nil
	})
	results := []Result{c.ok("%s", q)}
	if err != nil {
		results = append(results, c.warn(operator, "Run doctor again; if it stays, look at the record with the nats program.",
			"not every record could be read: %v", err))
	}
	results = append(results, q.heldOnes()...)
	results = append(results, q.unsettledOnes()...)
	results = append(results, q.leftBehind()...)
	if len(d.problems) == 0 { // else the connection may only be misspelt
		results = append(results, q.goneOnes()...)
	}
	results = append(results, q.overdueOnes(d.now())...)
	results = append(results, q.doubtfulOnes()...)
	results = append(results, d.pauses(ctx, js)...)
	return append(results, d.deadLetters(ctx, js)...)
}

// concerns tells whether doctor was asked to look at it.
func (d *doctor) concerns(account, connection string) bool {
	return (d.Account == "" || d.Account == account) && (d.Connection == "" || d.Connection == connection)
}

func (q *queue) add(e record.Entry, now time.Time) {
	q.records++
	q.states[record.StateName(e.State())]++
	if overdue(e, now) {
		q.overdue = append(q.overdue, e)
	}
	if _, _, ok := record.Unanswered(e, now); ok {
		q.doubtful = append(q.doubtful, e)
	}
	if len(record.LeftBehind(e.Record)) > 0 && now.Sub(e.At) < leftBehindAge {
		q.behind = append(q.behind, e)
	}
	switch e.State() {
	case record.Held:
		q.held = append(q.held, e)
	case record.Parked:
		q.parked[e.Record.GetWaiting().GetReason()]++
	case record.Outcome, record.Settling:
		// Each try to settle writes the record anew, and leaves a reason behind.
		tried := e.Record.GetWaiting() != nil && now.Sub(e.Record.GetOpenedAt().AsTime()) > unsettledAge
		if tried || now.Sub(e.At) > unsettledAge {
			q.unsettled = append(q.unsettled, e)
		}
	}
}

// String counts the invoices by state.
func (q queue) String() string {
	said := []string{count(q.records, "record")}
	for _, s := range slices.Sorted(maps.Keys(q.states)) {
		one := fmt.Sprintf("%d %s", q.states[s], s)
		if s == record.StateName(record.Parked) {
			one += " (" + strings.Join(slices.Sorted(maps.Keys(q.parked)), ", ") + ")"
		}
		said = append(said, one)
	}
	return strings.Join(said, ", ")
}

// heldOnes tells the invoices that go on only when a person says so.
func (q queue) heldOnes() []Result {
	if len(q.held) == 0 {
		return nil
	}
	list := namedFew(q.held, heldWhy)
	r := q.held[0].Record
	fix := fmt.Sprintf("Mend the reason (%s, \"Held invoices\", has each), then retry every one: nats pub --jetstream invoice.command.%s.%d "+
		`'{"followsSend":"%d","by":"YOU","retry":{}}'`, manual, r.GetConnection(), r.GetInvoiceId(), r.GetSend())
	return []Result{check{systemNATS, "held"}.warn(operator, fix, "%s held: %s", areInvoices(len(q.held)), list)}
}

// heldWhy names both connections where the document of one keeps the other from posting.
func heldWhy(e record.Entry) string {
	r := e.Record
	why := r.GetHeldReason()
	if len(record.Elsewhere(r)) > 0 {
		why += ", and belongs to connection " + r.GetConnection() + " now"
	}
	return why
}

// unsettledOnes tells the invoices whose outcome ServiceTrade was not told.
func (q queue) unsettledOnes() []Result {
	if len(q.unsettled) == 0 {
		return nil
	}
	list := namedFew(q.unsettled, func(e record.Entry) string { return e.Record.GetWaiting().GetReason() })
	return []Result{check{systemNATS, "not settled"}.warn(operator,
		"See whether reconcile runs and what its log says of them; it goes on by itself as soon as ServiceTrade takes status and comment.",
		"%s posted or rejected for more than %d minutes, and ServiceTrade was not told: %s",
		areInvoices(len(q.unsettled)), int(unsettledAge.Minutes()), list)}
}

// goneOnes tells the invoices that wait for a connection that was removed.
func (q queue) goneOnes() []Result {
	var results []Result
	for _, id := range slices.Sorted(maps.Keys(q.gone)) {
		results = append(results, check{systemNATS, "removed connections"}.warn(admin,
			fmt.Sprintf("Bring %s back under connections with the same account, connector and books: they go on by themselves. "+
				"Where that is not wanted, settle them by hand in ServiceTrade.", id),
			"%s not finished, of connection %s, which the configuration does not have", areInvoices(q.gone[id]), id))
	}
	return results
}

func areInvoices(n int) string {
	if n == 1 {
		return "1 invoice is"
	}
	return fmt.Sprintf("%d invoices are", n)
}

// namedFew names the first few invoices with their reasons, the oldest first.
func namedFew(list []record.Entry, why func(record.Entry) string) string {
	slices.SortStableFunc(list, func(a, b record.Entry) int { return a.At.Compare(b.At) })
	said := make([]string, 0, shownInvoices+1)
	for _, e := range list[:min(len(list), shownInvoices)] {
		one := fmt.Sprintf("%d of %s, send %d", e.Record.GetInvoiceId(), e.Record.GetConnection(), e.Record.GetSend())
		if reason := []rune(why(e)); len(reason) > reasonLength {
			one += " (" + string(reason[:reasonLength]) + "…)"
		} else if len(reason) > 0 {
			one += " (" + string(reason) + ")"
		}
		said = append(said, one)
	}
	if more := len(list) - shownInvoices; more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(said, "; ")
}

// deadLetters counts what no stage could handle.
func (d *doctor) deadLetters(ctx context.Context, js jetstream.JetStream) []Result {
	c := check{systemNATS, "dead letters"}
	s, err := js.Stream(ctx, bus.StreamDead)
	if err != nil {
		return []Result{c.skip("the stream cannot be looked at: %v", err)}
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(bus.StageFilter(bus.StageDead)))
	if err != nil {
		return []Result{c.unread("stream "+bus.StreamDead, err)}
	}
	var all uint64
	var about []string
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		if d.concernsSubject(subject) {
			all += info.State.Subjects[subject]
			about = append(about, subject)
		}
	}
	if all == 0 {
		return []Result{c.ok("none")}
	}
	shown := strings.Join(about[:min(len(about), shownInvoices)], ", ")
	if more := len(about) - shownInvoices; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return []Result{c.warn(operator, fmt.Sprintf("Look at each (nats stream get %s --last-for SUBJECT) and mend its cause; %s, \"Dead letters\", explains. "+
		"They are kept for 90 days, or until they are purged.", bus.StreamDead, manual),
		"%s of messages that no stage could handle: %s", count(int(min(all, 1<<31)), "dead letter"), shown)}
}

// concernsSubject is concerns for a dead letter. One that belongs to no known
// connection is everybody's.
func (d *doctor) concernsSubject(subject string) bool {
	s, err := bus.ParseSubject(subject)
	if err != nil {
		return true
	}
	conn := d.config.Connections[s.Connection]
	return conn == nil || d.concerns(conn.AccountID, conn.ID)
}
