// Package redo has failed and held invoices tried again, many at once: it shows how
// many, for what causes, and then publishes one command for each. Records are looked
// at one after the other, so that any number of them fits.
package redo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
)

// shown is how many examples a cause gets.
const shown = 3

// Choice says which invoices are meant. Zero fields leave it open.
type Choice struct {
	Account    string
	Connection string
	// Cause is the code of a fault, or how the reason of a held one begins.
	Cause string
	// Since and Until bound when the send failed, or was held: Since included, Until not.
	Since, Until time.Time
	// Known tells whether a connection is in the configuration; a command to any other
	// would never be carried out.
	Known func(connection string) bool
}

// causes returns why an invoice failed or is held, and since when; none when there is
// nothing to try again.
func causes(e record.Entry) ([]string, time.Time) {
	switch {
	case e.State() == record.Held:
		code, _, _ := strings.Cut(e.Record.GetHeldReason(), ":")
		return []string{code}, e.At
	case e.State() == record.Closed && e.Record.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_FAILED, record.VoidFailed(e.Record):
		codes := slices.Clone(e.Record.GetOutcome().GetFaultCodes())
		slices.Sort(codes)
		if codes = slices.Compact(codes); len(codes) == 0 {
			codes = []string{fault.Unknown}
		}
		return codes, e.Record.GetClosedAt().AsTime()
	default:
		return nil, time.Time{}
	}
}

// takes returns the causes of an invoice that is meant; none for any other.
func (c Choice) takes(e record.Entry) ([]string, time.Time) {
	why, at := causes(e)
	switch {
	case c.Account != "" && e.Key.Account != c.Account,
		c.Connection != "" && e.Record.GetConnection() != c.Connection,
		!c.Since.IsZero() && at.Before(c.Since),
		!c.Until.IsZero() && !at.Before(c.Until),
		c.Cause != "" && !slices.Contains(why, c.Cause):
		return nil, at
	}
	return why, at
}

// Preview is what would be tried again.
type Preview struct {
	// Invoices is how many; one with several causes counts once.
	Invoices int     `json:"invoices"`
	Causes   []Cause `json:"causes"`
	// Skipped are of connections that the configuration does not have.
	Skipped int `json:"skipped,omitempty"`

	upTo uint64
}

// Cause is one reason why invoices failed or are held.
type Cause struct {
	Code     string    `json:"code"`
	Title    string    `json:"title,omitempty"`
	Invoices int       `json:"invoices"`
	Examples []Example `json:"examples"`
}

// Example is one invoice.
type Example struct {
	Connection string    `json:"connection"`
	InvoiceID  int64     `json:"invoice_id"`
	Send       int64     `json:"send"`
	State      string    `json:"state"`
	At         time.Time `json:"at"`
}

// Look counts what would be tried again and changes nothing. Records that cannot be
// read are in the error, and the preview is of all others.
func Look(ctx context.Context, store *record.Store, c Choice) (Preview, error) {
	p := Preview{Causes: []Cause{}}
	at := map[string]int{}
	err := store.Each(ctx, func(e record.Entry) error {
		why, when := c.takes(e)
		if len(why) == 0 {
			return nil
		}
		if Over(e, c.Known) == "" {
			p.Skipped++
			return nil
		}
		p.Invoices, p.upTo = p.Invoices+1, max(p.upTo, e.Revision)
		for _, code := range why {
			i, ok := at[code]
			if !ok {
				i = len(p.Causes)
				entry, _ := fault.Lookup(code)
				at[code], p.Causes = i, append(p.Causes, Cause{Code: code, Title: entry.Title})
			}
			p.Causes[i].add(e, when)
		}
		return nil
	})
	slices.SortFunc(p.Causes, func(a, b Cause) int {
		if a.Invoices != b.Invoices {
			return b.Invoices - a.Invoices
		}
		return strings.Compare(a.Code, b.Code)
	})
	return p, err
}

func (c *Cause) add(e record.Entry, when time.Time) {
	c.Invoices++
	if len(c.Examples) < shown {
		c.Examples = append(c.Examples, Example{
			Connection: e.Record.GetConnection(), InvoiceID: e.Key.InvoiceID, Send: e.Record.GetSend(),
			State: record.StateName(e.State()), At: when,
		})
	}
}

// Order is who asks, and why.
type Order struct{ By, Reason string }

// Ask publishes a retry for every invoice of the preview that is still as it was, and
// returns how many. Each command names the send that it follows: where another one was
// opened since, it changes nothing.
func Ask(ctx context.Context, store *record.Store, to *bus.Publisher, c Choice, p Preview, o Order) (int, error) {
	asked := 0
	err := store.Each(ctx, func(e record.Entry) error {
		why, _ := c.takes(e)
		if len(why) == 0 || e.Revision > p.upTo {
			return nil
		}
		over := Over(e, c.Known)
		if over == "" {
			return nil
		}
		if err := One(ctx, to, e, over, o); err != nil {
			return err
		}
		asked++
		return nil
	})
	return asked, err
}

// Over returns the connection over which a retry is asked for: the send's own, or, for
// one that is held for a document in other books, the connection of that where its own
// is not in the configuration any more. "" where nobody would carry it out.
func Over(e record.Entry, known func(connection string) bool) string {
	if own := e.Record.GetConnection(); known(own) {
		return own
	}
	for _, d := range record.Elsewhere(e.Record) {
		if known(d.GetConnection()) {
			return d.GetConnection()
		}
	}
	return ""
}

// One publishes the retry of one invoice, after its latest send, over a connection
// that Over returned.
func One(ctx context.Context, to *bus.Publisher, e record.Entry, over string, o Order) error {
	s := bus.Subject{Stage: bus.StageCommand, Connection: over, InvoiceID: e.Key.InvoiceID}
	err := to.Send(ctx, s, "", &tradepostv1.InvoiceCommand{
		FollowsSend: e.Record.GetSend(), By: o.By, Reason: o.Reason,
		Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}},
	})
	if err != nil {
		return fmt.Errorf("ask for a retry of invoice %s: %w", e.Key, err)
	}
	return nil
}
