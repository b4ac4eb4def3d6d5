package settle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
)

const invoiceID = 2687264638045999

var errAway = errors.New("connection refused")

// office is ServiceTrade with one invoice, and a log of what was written.
type office struct {
	mu       sync.Mutex // one call after the other
	invoice  *tradepostv1.ServiceTradeInvoice
	comments []servicetrade.Comment
	writes   []string
	// fail is asked before each call: an error is answered without doing anything.
	fail func(call string) error
	// lose is asked after each write: an error is answered although it was done.
	lose func(call string) error
}

// shown is the invoice as it is now.
func (o *office) shown() *tradepostv1.ServiceTradeInvoice {
	return proto.Clone(o.invoice).(*tradepostv1.ServiceTradeInvoice)
}

func (o *office) before(call string) error {
	if o.fail == nil {
		return nil
	}
	return o.fail(call)
}

func (o *office) after(call string) error {
	o.writes = append(o.writes, call)
	if o.lose == nil {
		return nil
	}
	return o.lose(call)
}

func (o *office) Invoice(context.Context, int64) (*tradepostv1.ServiceTradeInvoice, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.shown(), o.before("get")
}

func (o *office) SetStatus(_ context.Context, _ int64, c servicetrade.StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	call := "put " + c.Status
	if c.InvoiceNumber != "" {
		call += " " + c.InvoiceNumber
	}
	if err := o.before(call); err != nil {
		return nil, err
	}
	o.invoice.Status = c.Status
	if c.InvoiceNumber != "" {
		o.invoice.InvoiceNumber = c.InvoiceNumber
	}
	return o.shown(), o.after(call)
}

func (o *office) Comments(context.Context, int, int64) ([]servicetrade.Comment, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.comments, o.before("comments")
}

func (o *office) AddPrivateComment(_ context.Context, entityType int, id int64, content string) (servicetrade.Comment, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.before("comment"); err != nil {
		return servicetrade.Comment{}, err
	}
	c := servicetrade.Comment{ID: int64(len(o.comments) + 1), Content: content, EntityID: id, Created: time.Now().Unix()}
	o.comments = append(o.comments, c)
	return c, o.after("comment")
}

// desk is a settler with a real broker.
type desk struct {
	*Settler
	t      *testing.T
	js     jetstream.JetStream
	office *office
}

func atDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		js := s.JS(t)
		store, err := record.Open(t.Context(), js)
		require.NoError(t, err)
		log := slog.New(slog.DiscardHandler)
		o := &office{invoice: &tradepostv1.ServiceTradeInvoice{
			Id: invoiceID, InvoiceNumber: "1042", Status: "pending_accounting", TotalPrice: "522.50",
		}}
		test(t, &desk{t: t, js: js, office: o, Settler: &Settler{
			Account: "acme", Connection: "acme-books", EntityType: 13, SystemTitle: "the books", AppURL: "https://app.servicetrade.test/", ServiceTrade: o, Instance: "a", Log: log,
			Gate: &stage.Gate{
				Store: store, Bus: bus.NewPublisher(js, log), Log: log,
				Account: func(string) (string, bool) { return "acme", true },
			},
		}})
	})
}

func (d *desk) key() record.Key { return record.Key{Account: "acme", InvoiceID: invoiceID} }

// outcome brings the record to an outcome and returns its message.
func (d *desk) outcome(o *tradepostv1.Outcome) bus.Message {
	d.t.Helper()
	d.office.mu.Lock()
	shown := d.office.shown()
	d.office.mu.Unlock()
	hash, err := snapshot.Hash(shown)
	require.NoError(d.t, err)
	outcomeHash, err := stage.OutcomeHash(o)
	require.NoError(d.t, err)
	e, err := d.Gate.Store.Get(d.t.Context(), d.key())
	require.NoError(d.t, err)
	for _, step := range []record.Transition{
		record.OpenSend(record.Opens{
			Key: d.key(), Connection: "acme-books", SnapshotHash: hash, HashVersion: 1,
			StartStatus: shown.GetStatus(), Total: "522.50", Now: time.Now(),
			Retry: shown.GetStatus() == "failed",
		}),
		record.Claim(record.Claiming{Owner: "deliver", Lasts: time.Second}, &tradepostv1.Unresolved{}),
		record.Conclude("deliver", stage.Recorded(record.StageDeliver, o, outcomeHash)),
	} {
		e, err = d.Gate.Store.Change(d.t.Context(), e, step)
		require.NoError(d.t, err)
	}
	return d.message(e.Record.GetSend(), hash, o, outcomeHash)
}

func (d *desk) message(send int64, snapshotHash string, o *tradepostv1.Outcome, outcomeHash string) bus.Message {
	d.t.Helper()
	body, err := bus.Encode(&tradepostv1.InvoiceOutcome{Send: send, SnapshotHash: snapshotHash, Outcome: o, OutcomeHash: outcomeHash})
	require.NoError(d.t, err)
	return bus.Message{
		Subject: bus.Subject{Stage: bus.StageOutcome, Connection: "acme-books", InvoiceID: invoiceID},
		Body:    body, Published: time.Now(), Stream: bus.StreamOutcome, Sequence: 1,
	}
}

// handle handles the message as the consumer would, again after each wait, and
// returns how often it had to.
func (d *desk) handle(m bus.Message) int {
	d.t.Helper()
	for m.Delivered = 1; ; m.Delivered++ {
		err := d.Handle(d.t.Context(), m)
		if err == nil {
			return m.Delivered
		}
		wait, ok := bus.RetryDelay(err)
		require.True(d.t, ok, "%v", err)
		require.Less(d.t, m.Delivered, 200)
		time.Sleep(wait) // fake time
	}
}

// handleAndSweep handles the message, and lets the sweep go on with it until the
// send is closed.
func (d *desk) handleAndSweep(m bus.Message) {
	d.t.Helper()
	d.handle(m)
	last := func(context.Context, bus.Subject) (*tradepostv1.InvoiceOutcome, error) {
		o := &tradepostv1.InvoiceOutcome{}
		return o, bus.Decode(m, o)
	}
	for d.record().GetState() != record.Closed {
		time.Sleep(5 * time.Minute) // fake time
		e, err := d.Gate.Store.Get(d.t.Context(), d.key())
		require.NoError(d.t, err)
		_ = d.Sweep(d.t.Context(), e, time.Now(), last)
	}
}

func (d *desk) record() *tradepostv1.Record {
	d.t.Helper()
	e, err := d.Gate.Store.Get(d.t.Context(), d.key())
	require.NoError(d.t, err)
	return e.Record
}

func postedAs(number string, assigned bool) *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
		NumberAssigned: assigned,
		Documents:      []*tradepostv1.PostedDocument{{Kind: 1, Id: "77", Number: number, Total: "522.50"}},
	}}}
}

func refused() *tradepostv1.Outcome {
	return &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Rejected{Rejected: &tradepostv1.Rejected{
		Faults: []*tradepostv1.Fault{fault.New("customer.not_in_books", fault.Args{
			Thing: "Acme Tower LLC", Params: map[string]string{"value": "C100"},
		})},
	}}}
}

// invalid is ServiceTrade's answer to a value that it does not take.
func invalid() error { return &servicetrade.Error{Method: "PUT", Path: "/invoice", Status: 400} }

func statusOf(d *desk) string {
	return fmt.Sprintf("%s %v", d.office.invoice.GetStatus(), d.office.writes)
}
