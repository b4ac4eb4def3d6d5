package deliver

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// Looker tells what an attempt to post a document would do, and changes nothing.
type Looker = posting.Looker

// Sight is what a Looker sees.
type Sight = posting.Sight

// Step is what an attempt would do with a document.
type Step = posting.Step

// The steps of an attempt.
const (
	StepCreate = posting.StepCreate
	StepAdopt  = posting.StepAdopt
	StepUpdate = posting.StepUpdate
	StepVoid   = posting.StepVoid
	StepGone   = posting.StepGone
	StepNone   = posting.StepNone
)

// StoredCompany returns the id of the company that a connection was first used
// with, "" before that.
func StoredCompany(ctx context.Context, js jetstream.JetStream, connection string) (string, error) {
	kv, err := company.Open(ctx, js)
	if err != nil {
		return "", err
	}
	return company.Stored(ctx, kv, connection)
}

// LinksOf tell what ids that were written to ServiceTrade change in a connection's
// documents, by its mapping as it is now.
func LinksOf(c *connection.Connection) *posting.Links {
	return &posting.Links{System: c.Account.ServiceTrade.ExternalSystem, Mapping: func() *mapping.Mapping { return c.Mapping }}
}

// ClosedThrough is the last day of the books that the mapping says are closed; "" where
// it closes none.
func ClosedThrough(m *mapping.Mapping) string {
	if m == nil || m.BooksClosedThrough.IsZero() {
		return ""
	}
	return m.BooksClosedThrough.String()
}

// Splits tells whether the mapping divides invoices between an invoice and a credit memo.
func Splits(m *mapping.Mapping) bool { return m != nil && m.Policy.Mixed == mapping.MixedSplit }
