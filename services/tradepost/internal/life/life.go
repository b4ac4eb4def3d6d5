// Package life tells the life of one invoice to a person: where it is and what it
// waits for, every document, and everything that happened, from the record and from
// all streams. It changes nothing and asks neither ServiceTrade nor the books.
package life

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// Life is the life of one invoice.
type Life struct {
	Account    string `json:"account"`
	Connection string `json:"connection"`
	InvoiceID  int64  `json:"invoice_id"`
	// Number, Customer and Total are of the last snapshot that is kept; "" when none is.
	Number   string `json:"number,omitempty"`
	Customer string `json:"customer,omitempty"`
	Total    string `json:"total,omitempty"`
	// Now is where it is, in one line.
	Now string `json:"now"`
	// Waits is what it waits for; "" when for nothing.
	Waits string `json:"waits,omitempty"`
	// Todo is what people have to do, each with who.
	Todo      []string   `json:"todo,omitempty"`
	Documents []Document `json:"documents,omitempty"`
	Sends     []Send     `json:"sends"`
	// Events are all messages, in the order of their times.
	Events []Event `json:"events"`
	// Record is the record as it is stored.
	Record json.RawMessage `json:"record"`
	// Missing tells what could not be read.
	Missing []string `json:"missing,omitempty"`
}

// Document is one document that exists or existed in the books.
type Document struct {
	Kind       string `json:"kind"`
	Connection string `json:"connection"`
	ID         string `json:"id"`
	Number     string `json:"number,omitempty"`
	Total      string `json:"total"`
	Send       int64  `json:"send"`
	Gone       bool   `json:"gone,omitempty"`
}

// Send is one send, as the messages and the record tell of it.
type Send struct {
	Number int64 `json:"number"`
	// Began is when its first message was stored, or its record was opened.
	Began time.Time `json:"began"`
	// Ended is processed, failed, withdrawn or superseded; "" while it is open, or when
	// that is not kept any more.
	Ended string `json:"ended,omitempty"`
}

// Event is one message.
type Event struct {
	At    time.Time `json:"at"`
	Stage string    `json:"stage"`
	// Send is the send that it is about; 0 when it names none.
	Send     int64  `json:"send,omitempty"`
	Stream   string `json:"stream"`
	Sequence uint64 `json:"sequence"`
	// Meaning is one line.
	Meaning string `json:"meaning"`
	// Details are the faults, or what a person should know besides.
	Details []string `json:"details,omitempty"`
}

// streams are all that hold messages of an invoice.
var streams = []string{bus.StreamReceived, bus.StreamReady, bus.StreamOutcome, bus.StreamEvents, bus.StreamCommand, bus.StreamDead}

// Of reads the life of the invoice whose record e is. Times that it puts into words
// are in zone, the account's.
func Of(ctx context.Context, js jetstream.JetStream, e record.Entry, zone *time.Location) (*Life, error) {
	raw, err := bus.Encode(e.Record)
	if err != nil {
		return nil, err
	}
	l := &Life{
		Account: e.Key.Account, Connection: e.Record.GetConnection(), InvoiceID: e.Key.InvoiceID,
		Total: e.Record.GetTotal(), Record: raw, Documents: documents(e.Record), Sends: []Send{}, Events: []Event{},
	}
	r := reader{life: l}
	for _, connection := range connections(e.Record) {
		s := bus.Subject{Stage: "*", Connection: connection, InvoiceID: e.Key.InvoiceID}
		for _, stream := range streams {
			if err := bus.Of(ctx, js, stream, s.String(), func(m bus.Message) error { r.add(m); return nil }); err != nil {
				if ctx.Err() != nil {
					return nil, err
				}
				l.Missing = append(l.Missing, err.Error())
			}
		}
	}
	slices.SortStableFunc(l.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	l.sends(e.Record)
	l.standing(e, zone, r.faults, r.refusal)
	l.paused(ctx, js, e.Record, zone)
	return l, nil
}

// connections are those that the invoice ever belonged to, as far as the record knows.
func connections(r *tradepostv1.Record) []string {
	all := []string{r.GetConnection()}
	for _, d := range r.GetDocuments() {
		if !slices.Contains(all, d.GetConnection()) {
			all = append(all, d.GetConnection())
		}
	}
	return all
}

func documents(r *tradepostv1.Record) []Document {
	var all []Document
	for _, d := range r.GetDocuments() {
		all = append(all, Document{
			Kind: kind(d.GetKind()), Connection: d.GetConnection(), ID: d.GetId(), Number: d.GetNumber(),
			Total: d.GetTotal(), Send: d.GetSend(), Gone: d.GetGone(),
		})
	}
	return all
}

// sends gathers the sends from the events; the record knows the last one best.
func (l *Life) sends(r *tradepostv1.Record) {
	for _, e := range l.Events {
		if e.Send == 0 || e.Stage == string(bus.StageCommand) || e.Stage == string(bus.StageRefused) || e.Stage == string(bus.StageDead) {
			continue
		}
		s := l.send(e.Send, e.At)
		if e.Stage == string(bus.StageSettled) {
			s.Ended = e.Meaning
		}
	}
	last := l.send(r.GetSend(), r.GetOpenedAt().AsTime())
	last.Ended = ""
	if opened := r.GetOpenedAt().AsTime(); opened.Before(last.Began) {
		last.Began = opened
	}
	if r.GetState() == record.Closed {
		last.Ended = settlement(r.GetSettlement())
	}
	slices.SortFunc(l.Sends, func(a, b Send) int { return int(a.Number - b.Number) })
}

func (l *Life) send(n int64, at time.Time) *Send {
	i := slices.IndexFunc(l.Sends, func(s Send) bool { return s.Number == n })
	if i < 0 {
		i, l.Sends = len(l.Sends), append(l.Sends, Send{Number: n, Began: at})
	}
	return &l.Sends[i]
}
