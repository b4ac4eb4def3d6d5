// Package find tells which invoice a person means: by ServiceTrade's id, or by the
// number that is printed on it.
package find

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
)

// patience is how long the next of many messages is waited for.
const patience = 10 * time.Second

// Asked is what a person names.
type Asked struct {
	// Text is ServiceTrade's id of the invoice, or its number.
	Text string
	// Account and Connection narrow it down; "" leaves it open.
	Account    string
	Connection string
	// ByNumber says that Text is a number even where an id reads the same.
	ByNumber bool
}

// Places is where invoices are looked for.
type Places struct {
	JS     jetstream.JetStream
	Store  *record.Store
	Config *connection.Config
}

// Error is an invoice that cannot be told; its text says what to do.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Invoice returns the record of the one invoice that is meant. An id is a look-up in
// the records. A number is looked for in the documents that were posted, and in all
// snapshots that the stream still has: that reads them all.
func (p Places) Invoice(ctx context.Context, a Asked) (record.Entry, error) {
	accounts, err := p.accounts(a)
	if err != nil {
		return record.Entry{}, err
	}
	found := map[record.Key]record.Entry{}
	if id, err := strconv.ParseInt(a.Text, 10, 64); err == nil && id > 0 && !a.ByNumber {
		for _, account := range accounts {
			if err := p.take(ctx, a, record.Key{Account: account, InvoiceID: id}, found); err != nil {
				return record.Entry{}, err
			}
		}
	}
	if len(found) == 0 {
		if err := p.byNumber(ctx, a, accounts, found); err != nil {
			return record.Entry{}, err
		}
	}
	return one(a, found)
}

// accounts are those that come into question.
func (p Places) accounts(a Asked) ([]string, error) {
	switch {
	case a.Connection != "":
		c, ok := p.Config.Connections[a.Connection]
		if !ok {
			return nil, refuse("the configuration has no connection %q", a.Connection)
		}
		if a.Account != "" && a.Account != c.AccountID {
			return nil, refuse("connection %s belongs to account %s, not to %s", c.ID, c.AccountID, a.Account)
		}
		return []string{c.AccountID}, nil
	case a.Account != "":
		if _, ok := p.Config.Accounts[a.Account]; !ok {
			return nil, refuse("the configuration has no account %q", a.Account)
		}
		return []string{a.Account}, nil
	default:
		return slices.Sorted(maps.Keys(p.Config.Accounts)), nil
	}
}

func (p Places) take(ctx context.Context, a Asked, k record.Key, found map[record.Key]record.Entry) error {
	e, err := p.Store.Get(ctx, k)
	if err != nil || e.Record == nil {
		return err
	}
	if a.Connection == "" || e.Record.GetConnection() == a.Connection {
		found[k] = e
	}
	return nil
}

func (p Places) byNumber(ctx context.Context, a Asked, accounts []string, found map[record.Key]record.Entry) error {
	err := p.Store.Each(ctx, func(e record.Entry) error {
		named := func(d *tradepostv1.DocumentRef) bool { return d.GetNumber() == a.Text }
		if slices.Contains(accounts, e.Key.Account) && slices.ContainsFunc(e.Record.GetDocuments(), named) {
			return p.take(ctx, a, e.Key, found)
		}
		return nil
	})
	if err != nil || len(found) > 0 {
		return err
	}
	return p.snapshots(ctx, func(s bus.Subject) error {
		c, ok := p.Config.Connections[s.Connection]
		if !ok || !slices.Contains(accounts, c.AccountID) {
			return nil
		}
		return p.take(ctx, a, record.Key{Account: c.AccountID, InvoiceID: s.InvoiceID}, found)
	}, a.Text)
}

// snapshots calls f for every invoice whose snapshot has that number.
func (p Places) snapshots(ctx context.Context, f func(bus.Subject) error, number string) error {
	st, err := p.JS.Stream(ctx, bus.StreamReceived)
	if err != nil {
		return fmt.Errorf("open the stream %s: %w", bus.StreamReceived, err)
	}
	if st.CachedInfo().State.Msgs == 0 {
		return nil
	}
	last := st.CachedInfo().State.LastSeq
	c, err := st.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("read the stream %s: %w", bus.StreamReceived, err)
	}
	for {
		m, err := c.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			return fmt.Errorf("read the stream %s: %w", bus.StreamReceived, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read the stream %s: %w", bus.StreamReceived, err)
		}
		if s, err := bus.ParseSubject(m.Subject()); err == nil && hasNumber(m.Data(), number) {
			if err := f(s); err != nil {
				return err
			}
		}
		if meta.Sequence.Stream >= last || meta.NumPending == 0 {
			return nil
		}
	}
}

// hasNumber decodes only what has the number somewhere.
func hasNumber(body []byte, number string) bool {
	if !bytes.Contains(body, []byte(strconv.Quote(number))) {
		return false
	}
	r := &tradepostv1.InvoiceReceived{}
	return bus.Decode(bus.Message{Body: body}, r) == nil && r.GetSnapshot().GetInvoice().GetInvoiceNumber() == number
}

func one(a Asked, found map[record.Key]record.Entry) (record.Entry, error) {
	switch len(found) {
	case 0:
		return record.Entry{}, refuse("no invoice %s was ever sent to accounting here, or ingest has not seen it yet. "+
			"ServiceTrade's id is in the address of the invoice's page; a number is found for as long as its messages are kept", a.Text)
	case 1:
		for _, e := range found {
			return e, nil
		}
	}
	var names []string
	for k, e := range found {
		names = append(names, fmt.Sprintf("id %d of account %s (connection %s)", k.InvoiceID, k.Account, e.Record.GetConnection()))
	}
	slices.Sort(names)
	return record.Entry{}, refuse("%s is not one invoice: %s. Name it by its id, with --account or --connection", a.Text, strings.Join(names, "; "))
}

// IsRefusal tells whether the person has to name the invoice in another way.
func IsRefusal(err error) bool {
	_, is := errors.AsType[*Error](err)
	return is
}
