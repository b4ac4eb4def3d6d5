package posting_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
	"github.com/tradepost/tradepost/services/deliver/internal/stored"
)

const invoiceID = 2687264638045999

// workbench is one connection with a real broker, and ServiceTrade as it is now.
type workbench struct {
	t     *testing.T
	js    jetstream.JetStream
	gate  *stage.Gate
	books *books
	// invoice is what ServiceTrade shows; nil makes it unreachable.
	invoice *tradepostv1.ServiceTradeInvoice
	// says describes the line of invoices that showing makes; "" leaves it.
	says    string
	handled int
}

func (w *workbench) Invoice(context.Context, int64) (*tradepostv1.ServiceTradeInvoice, error) {
	if w.invoice == nil {
		return nil, fmt.Errorf("servicetrade is away")
	}
	return w.invoice, nil
}

// inFakeTime runs a test with everything that a posting needs, in fake time.
func inFakeTime(t *testing.T, test func(t *testing.T, w *workbench)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		w := &workbench{t: t, js: s.JS(t), books: &books{}, invoice: pendingInvoice("522.50")}
		store, err := record.Open(t.Context(), w.js)
		require.NoError(t, err)
		log := slog.New(slog.DiscardHandler)
		w.gate = &stage.Gate{
			Store: store, Bus: bus.NewPublisher(w.js, log), Log: log,
			Account: func(string) (string, bool) { return "acme", true },
		}
		test(t, w)
	})
}

func pendingInvoice(total string) *tradepostv1.ServiceTradeInvoice {
	return &tradepostv1.ServiceTradeInvoice{
		Id: invoiceID, InvoiceNumber: "1042", Status: "pending_accounting", TotalPrice: total,
		Items: []*tradepostv1.ServiceTradeItem{{Id: 1, Description: "Labor", Quantity: "1", Price: total}},
	}
}

// showing is the pending invoice with the line's description that the test wants.
func (w *workbench) showing(total string) *tradepostv1.ServiceTradeInvoice {
	inv := pendingInvoice(total)
	inv.Items[0].Description = cmp.Or(w.says, inv.Items[0].Description)
	return inv
}

func (w *workbench) poster(owner string) *posting.Poster {
	return &posting.Poster{
		Connection: "acme-books", Account: "acme", Connector: w.books, Gate: w.gate, Source: w,
		Stored: stored.Streams{JS: w.js}, Instance: owner, Log: w.gate.Log,
	}
}

func (w *workbench) subject() bus.Subject {
	return bus.Subject{Stage: bus.StageReady, Connection: "acme-books", InvoiceID: invoiceID}
}

func (w *workbench) key() record.Key { return record.Key{Account: "acme", InvoiceID: invoiceID} }

// open opens the next send of what ServiceTrade shows, and publishes its document.
func (w *workbench) open() bus.Message {
	w.t.Helper()
	e, err := w.gate.Store.Get(w.t.Context(), w.key())
	require.NoError(w.t, err)
	if e.State() == record.Outcome {
		e = w.settle(e)
	}
	hash, err := snapshot.Hash(w.invoice)
	require.NoError(w.t, err)
	e, err = w.gate.Store.Change(w.t.Context(), e, record.OpenSend(record.Opens{
		Key: w.key(), Connection: "acme-books", SnapshotHash: hash, HashVersion: canonical.HashVersion,
		StartStatus: "pending_accounting", Total: w.invoice.GetTotalPrice(), Now: time.Now(),
	}))
	require.NoError(w.t, err)
	return w.publish(e.Record.GetSend(), hash, w.invoice.GetTotalPrice())
}

func (w *workbench) settle(e record.Entry) record.Entry {
	w.t.Helper()
	for _, step := range []record.Transition{
		record.Settle(record.Claiming{Owner: "test", Lasts: time.Second}),
		record.Close("test", tradepostv1.Settlement_SETTLEMENT_PROCESSED, time.Now()),
	} {
		var err error
		e, err = w.gate.Store.Change(w.t.Context(), e, step)
		require.NoError(w.t, err)
	}
	return e
}

func document(total, date string) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprintf("st-acme-%d", invoiceID), Number: "1042",
		Source:    &tradepostv1.Source{Account: "acme", InvoiceId: invoiceID, Total: total},
		IssueDate: date, Currency: "USD",
		Customer: &tradepostv1.Customer{Name: "Acme", Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: "C1"}},
		Lines:    []*tradepostv1.Line{{Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: total}},
		Totals:   &tradepostv1.Totals{Subtotal: total, Total: total},
	}
}

// publish puts a ready message into the stream and returns it as a consumer gets it.
func (w *workbench) publish(send int64, hash, total string) bus.Message {
	w.t.Helper()
	return w.publishDated(send, hash, total, "2026-11-22")
}

func (w *workbench) publishDated(send int64, hash, total, date string) bus.Message {
	w.t.Helper()
	subject := bus.Subject{Stage: bus.StageReady, Connection: "acme-books", InvoiceID: invoiceID}
	require.NoError(w.t, w.gate.Bus.Send(w.t.Context(), subject, "", &tradepostv1.InvoiceReady{
		Send: send, SnapshotHash: hash, HashVersion: 1, Documents: []*tradepostv1.Document{document(total, date)},
		SnapshotTakenAt: timestamppb.Now(),
	}))
	return w.last(bus.StreamReady, subject)
}

func (w *workbench) last(stream string, subject bus.Subject) bus.Message {
	w.t.Helper()
	st, err := w.js.Stream(w.t.Context(), stream)
	require.NoError(w.t, err)
	raw, err := st.GetLastMsgForSubject(w.t.Context(), subject.String())
	require.NoError(w.t, err)
	return bus.Message{Subject: subject, Raw: raw.Subject, Body: raw.Data, Stream: stream, Sequence: raw.Sequence, Published: raw.Time, Delivered: 1}
}

// outcome returns the last outcome message.
func (w *workbench) outcome() *tradepostv1.InvoiceOutcome {
	w.t.Helper()
	o := &tradepostv1.InvoiceOutcome{}
	m := w.last(bus.StreamOutcome, bus.Subject{Stage: bus.StageOutcome, Connection: "acme-books", InvoiceID: invoiceID})
	require.NoError(w.t, bus.Decode(m, o))
	return o
}

func (w *workbench) record() *tradepostv1.Record {
	w.t.Helper()
	e, err := w.gate.Store.Get(w.t.Context(), w.key())
	require.NoError(w.t, err)
	return e.Record
}

// deliver handles the message as the consumer would: again after each wait, until
// it is done.
func (w *workbench) deliver(p *posting.Poster, m bus.Message) {
	w.t.Helper()
	for m.Delivered = 1; ; m.Delivered++ {
		err := p.Handle(w.t.Context(), m)
		w.handled++
		if err == nil {
			return
		}
		d, waits := bus.RetryDelay(err)
		require.True(w.t, waits, "%v", err)
		require.Less(w.t, m.Delivered, 100, "never done: %v", err)
		time.Sleep(d) // fake time
	}
}

// waitOut handles a message that has to wait, and returns what comes after the wait:
// the message once more, or the scheduled one that a long wait left.
func (w *workbench) waitOut(p *posting.Poster, m bus.Message) bus.Message {
	w.t.Helper()
	err := p.Handle(w.t.Context(), m)
	if d, waits := bus.RetryDelay(err); waits {
		time.Sleep(d) // fake time
		m.Delivered++
		return m
	}
	require.NoError(w.t, err)
	until := w.record().GetWaiting().GetUntil().AsTime()
	require.True(w.t, until.After(time.Now()), "it waits for something")
	time.Sleep(time.Until(until) + 2*time.Second) // fake time
	fired := w.last(bus.StreamReady, w.subject())
	require.Greater(w.t, fired.Sequence, m.Sequence)
	return fired
}

// ready is what a message says.
func (w *workbench) ready(m bus.Message) *tradepostv1.InvoiceReady {
	w.t.Helper()
	r := &tradepostv1.InvoiceReady{}
	require.NoError(w.t, bus.Decode(m, r))
	return r
}

// replay publishes a ready message as it is given, and returns it as a consumer gets it.
func (w *workbench) replay(r *tradepostv1.InvoiceReady) bus.Message {
	w.t.Helper()
	require.NoError(w.t, w.gate.Bus.Send(w.t.Context(), w.subject(), "", r))
	return w.last(bus.StreamReady, w.subject())
}

// lose throws away what a stream holds, past the time in which it would take the
// same message for a duplicate.
func (w *workbench) lose(stream string) {
	w.t.Helper()
	st, err := w.js.Stream(w.t.Context(), stream)
	require.NoError(w.t, err)
	require.NoError(w.t, st.Purge(w.t.Context()))
	time.Sleep(11 * time.Minute) // fake time
}

// killed handles the message with a worker that dies where kill says.
func (w *workbench) killed(m bus.Message) {
	w.t.Helper()
	require.Panics(w.t, func() { _ = w.poster("dead").Handle(w.t.Context(), m) })
}

// kill is where a worker dies, in the books' hooks.
func kill(context.Context, connector.Posting) connector.Answer { panic("kill -9") }

func (w *workbench) entry() record.Entry {
	w.t.Helper()
	e, err := w.gate.Store.Get(w.t.Context(), w.key())
	require.NoError(w.t, err)
	return e
}

// faults returns the codes that the last outcome was rejected with.
func (w *workbench) faults() []string {
	w.t.Helper()
	return codes(w.outcome().GetOutcome().GetRejected().GetFaults())
}

func codes(faults []*tradepostv1.Fault) []string {
	var all []string
	for _, f := range faults {
		all = append(all, f.GetCode())
	}
	return all
}
