package preview

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/stage"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

// sibling is another enabled connection of the account, whose books deliver asks before
// it makes a document.
type sibling struct {
	id    string
	books connector.Connector
	// failed is what kept the books from being opened.
	failed error
	// unused says that the connection was never used.
	unused bool
}

// openSiblings sets up the connectors of the account's other enabled connections. One
// that cannot be set up is asked in vain, and said so.
func (v *Viewer) openSiblings(ctx context.Context) []sibling {
	var all []sibling
	for _, c := range v.o.Config.ConnectionsOf(v.o.Connection.AccountID) {
		if c.Enabled && c.ID != v.o.Connection.ID {
			all = append(all, v.openSibling(ctx, c))
		}
	}
	return all
}

func (v *Viewer) openSibling(ctx context.Context, c *connection.Connection) sibling {
	s := sibling{id: c.ID}
	reg, err := v.o.Connectors.Lookup(c.Connector)
	if err == nil {
		settings := stage.Settings(v.o.Config, c, v.o.Log)
		if v.o.JS != nil {
			settings.Programs = bus.Asker{NC: v.o.JS.Conn()}
			settings.Company, err = deliver.StoredCompany(ctx, v.o.JS, c.ID)
			s.unused = err == nil && settings.Company == ""
		}
		v.meter.Give(&settings)
		signins.Give(ctx, &settings, v.o.Config, c, v.o.Connectors, v.o.JS)
		if err == nil {
			s.books, err = reg.New(ctx, settings)
		}
	}
	s.failed = err
	return s
}

// askSiblings looks for documents that would be created in the books of the account's
// other connections: deliver holds an invoice that is there, and one that it could not
// ask about waits.
func (v *Viewer) askSiblings(ctx context.Context, view *View) error {
	for i := range view.Documents {
		p := &view.Documents[i]
		if p.Step != deliver.StepCreate {
			continue
		}
		for _, s := range v.siblings {
			found, err := s.has(ctx, p.message)
			if err != nil {
				return fmt.Errorf(
					"the books of the account's connection %s cannot be asked whether it posted the invoice before, for which it would wait: %w", s.id, err)
			}
			if found {
				p.Step = deliver.StepNone
				view.refuse([]*tradepostv1.Fault{fault.New("record.other_connection", fault.Args{Params: map[string]string{
					"connection": v.o.Connection.ID, "posted_connection": s.id,
				}})})
			}
		}
	}
	return nil
}

// has tells whether the books hold a document of the invoice that counts.
func (s sibling) has(ctx context.Context, d *tradepostv1.Document) (bool, error) {
	if s.failed != nil {
		return false, s.failed
	}
	found, err := s.books.Find(ctx, connector.Query{Kind: d.GetKind(), Marker: d.GetMarker(), Number: d.GetNumber()})
	if err != nil {
		if s.unused {
			return false, nil // deliver sets up new books, which have nothing
		}
		return false, err
	}
	for _, f := range found {
		if !f.Void {
			return true, nil
		}
	}
	return false, nil
}

func closeSiblings(all []sibling) error {
	var failed []error
	for _, s := range all {
		if s.books != nil {
			failed = append(failed, s.books.Close())
		}
	}
	return errors.Join(failed...)
}
