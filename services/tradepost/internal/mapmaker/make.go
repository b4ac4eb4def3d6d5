// Package mapmaker begins the tables of a mapping: it reads what ServiceTrade has and
// what the books have, leaves out what the mapping knows already, and has the rest
// proposed to a person.
package mapmaker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/tradepost/internal/match"
)

// MaxRecords bounds what is read of either side.
const MaxRecords = 100_000

// Kind is what a table is of.
type Kind string

// The kinds of tables.
const (
	Customers Kind = "customers"
	Items     Kind = "items"
	Terms     Kind = "terms"
	Taxes     Kind = "taxes"
)

// inBooks is what the books call it.
var inBooks = map[Kind]connector.ReferenceKind{
	Customers: connector.ReferenceCustomer, Items: connector.ReferenceItem, Terms: connector.ReferenceTerms, Taxes: connector.ReferenceTax,
}

// API is what is called of ServiceTrade: a *servicetrade.Client.
type API interface {
	Companies(ctx context.Context, most int) ([]*tradepostv1.ServiceTradeCompany, error)
	Locations(ctx context.Context, most int) ([]*tradepostv1.ServiceTradeLocation, error)
	LibItems(ctx context.Context, most int) ([]*tradepostv1.ServiceTradeLibItem, error)
	Invoices(ctx context.Context, q servicetrade.InvoiceQuery) ([]servicetrade.InvoiceRow, error)
	Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error)
}

// Options say which table is made.
type Options struct {
	Kind Kind
	// Connection is the connection; its Mapping may be nil while it is being written.
	Connection *connection.Connection
	// ExternalSystem is the account's; "" looks up no external ids.
	ExternalSystem string
	API            API
	// Books is the connection's connector. One that lists no such records leaves the
	// right side of the table to a person.
	Books connector.Connector
	// Invoices is how many of the latest invoices are read for their terms and taxes,
	// of which ServiceTrade has no list.
	Invoices int
}

// Result is the beginning of a table.
type Result struct {
	Kind Kind `json:"kind"`
	// Settled counts what the mapping knows already.
	Settled int           `json:"settled"`
	Matches []match.Match `json:"matches"`
	// Note tells what a person should know of it; "" where there is nothing.
	Note string `json:"note,omitempty"`
	// MeteredReads says how many reads were made that the accounting system meters; ""
	// where none were. Whoever made Books knows.
	MeteredReads string `json:"metered_reads,omitempty"`
}

// Exact counts the rows of the table.
func (r Result) Exact() int {
	n := 0
	for _, m := range r.Matches {
		if m.Exact {
			n++
		}
	}
	return n
}

// Make reads both sides, changes nothing on either, and proposes.
func Make(ctx context.Context, o Options) (Result, error) {
	r := Result{Kind: o.Kind}
	books, note, err := o.records(ctx)
	if err != nil {
		return r, err
	}
	r.Note = note
	records, settled, err := o.unmapped(ctx)
	if err != nil {
		return r, fmt.Errorf("read the %s of ServiceTrade: %w", o.Kind, err)
	}
	r.Settled, r.Matches = settled, match.Propose(records, books)
	return r, nil
}

// records are those of the books; none with a note where the books list no such records.
func (o Options) records(ctx context.Context) (list []connector.ReferenceRecord, note string, err error) {
	kind, title := inBooks[o.Kind], o.Books.Describe().Title
	lister, ok := o.Books.(connector.ReferenceLister)
	if !ok {
		return nil, title + " lists nothing: fill in the column books by hand", nil
	}
	for _, has := range lister.ReferenceKinds() {
		if has != kind {
			continue
		}
		err = lister.ListReference(ctx, kind, func(r connector.ReferenceRecord) error {
			if len(list) >= MaxRecords {
				return errors.New("the books have too many to be listed")
			}
			list = append(list, r)
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Sprintf("the books are not there yet (%v), so that there is nothing to match with: fill in the column books by hand, "+
				"or run tradepost up once, which sets them up, and then this again. If they were used before, see whether the settings lead to them", err), nil
		}
		if err != nil {
			return nil, "", o.unread(err)
		}
		return list, "", nil
	}
	if len(lister.ReferenceKinds()) == 0 {
		return nil, title + " lists nothing by the settings of its connection, and the mapping is by table: fill in the column books by hand. " +
			"Where its program or endpoint can list them, name them in the setting lists", nil
	}
	return nil, fmt.Sprintf("%s has no list of %s: fill in the column books by hand", title, o.Kind), nil
}

// unread is the error for records that could not be read, in the words of who was asked.
func (o Options) unread(err error) error {
	title := o.Books.Describe().Title
	if a, is := connector.AnswerOf(err); is {
		switch a := a.(type) {
		case connector.Wait:
			return fmt.Errorf("read the %s of %s: it cannot be asked now (%s): %s", o.Kind, title, a.Reason, a.Message)
		case connector.Uncertain:
			return fmt.Errorf("read the %s of %s: it cannot tell (%s): %s", o.Kind, title, a.Reason, a.Message)
		}
	}
	return fmt.Errorf("read the %s of %s: %w", o.Kind, title, err)
}
