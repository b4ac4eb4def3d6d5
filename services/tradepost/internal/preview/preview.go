// Package preview shows what would become of invoices, by the code of the stages
// itself: the snapshot that ingest takes, the document that transform makes, and
// what deliver would do with it. It writes nothing: no record, no message, nothing
// in ServiceTrade (apart from signing in and out), nothing in the books.
package preview

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/metered"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
	"github.com/tradepost/tradepost/services/transform"
)

const (
	// relatedAge is how long a customer, location or item is believed while many
	// invoices are looked at; ingest's own age.
	relatedAge = time.Minute
	// goodbye bounds the signing out at the end.
	goodbye = 5 * time.Second
)

// Options of a Viewer.
type Options struct {
	Config     *connection.Config
	Connectors *connector.Registry
	// Connection is whose mapping and books count.
	Connection *connection.Connection
	// JS reaches the records and streams; nil works too, and NoNATS says why.
	JS     jetstream.JetStream
	NoNATS string
	// Diff asks for the comparison with what was posted before.
	Diff bool
	Log  *slog.Logger
}

// Viewer looks at invoices of one connection.
type Viewer struct {
	o      Options
	client *servicetrade.Client
	taker  *snapshot.Taker
	books  connector.Connector
	store  *record.Store
	// unused says that the connection was never used.
	unused bool
	// siblings are the account's other connections.
	siblings []sibling
	meter    *metered.Meter
}

// Open prepares a Viewer. Close it.
func Open(ctx context.Context, o Options) (*Viewer, error) {
	reg, err := o.Connectors.Lookup(o.Connection.Connector)
	if err != nil {
		return nil, err
	}
	v := &Viewer{o: o, client: stage.Alone(o.Config, o.Log)[o.Connection.AccountID]}
	v.taker = snapshot.NewTaker(v.client, relatedAge, nil)
	settings := stage.Settings(o.Config, o.Connection, o.Log)
	if o.JS != nil {
		settings.Programs = bus.Asker{NC: o.JS.Conn()}
		if settings.Company, err = deliver.StoredCompany(ctx, o.JS, o.Connection.ID); err == nil {
			v.store, err = record.Open(ctx, o.JS)
		}
		if err != nil {
			v.o.JS, v.o.NoNATS = nil, fmt.Sprintf("NATS could not be read (%v)", err)
		}
	}
	v.meter = metered.New(v.o.JS, v.o.NoNATS)
	v.meter.Give(&settings)
	if o.JS == nil && o.NoNATS != "" {
		settings.Programs = connector.NoPrograms(v.o.NoNATS)
	}
	signins.Give(ctx, &settings, o.Config, o.Connection, o.Connectors, v.o.JS)
	v.unused = settings.Company == "" && (v.o.JS != nil || neverRan(o.Config))
	if v.books, err = reg.New(ctx, settings); err != nil {
		return nil, fmt.Errorf("set up the connector %s: %w", o.Connection.Connector, err)
	}
	v.siblings = v.openSiblings(ctx)
	return v, nil
}

// neverRan tells whether no NATS server was ever used with this configuration, so
// that nothing can have been posted.
func neverRan(c *connection.Config) bool {
	_, err := os.Stat(filepath.Join(c.DataDir, "nats"))
	return c.NATS.URL == "" && errors.Is(err, fs.ErrNotExist)
}

// Close signs out of ServiceTrade and gives back what Open took. Then Reads tells of all
// that was read.
func (v *Viewer) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	_ = v.client.Logout(ctx) // it will die of age
	err := errors.Join(v.books.Close(), closeSiblings(v.siblings))
	v.meter.Close()
	return err
}

// Reads tells how many metered reads were made, "" where none were; see metered.Meter.
func (v *Viewer) Reads() string { return v.meter.Words() }

// Snapshot shows what would become of a snapshot: exactly what transform makes of
// it, and what deliver would do with that.
func (v *Viewer) Snapshot(ctx context.Context, snap *tradepostv1.Snapshot) *View {
	inv := snap.GetInvoice()
	view := &View{
		InvoiceID: inv.GetId(), InvoiceNumber: inv.GetInvoiceNumber(), Status: inv.GetStatus(),
		Connection: v.o.Connection.ID, System: v.o.Connection.DisplayName,
	}
	switch s := inv.GetStatus(); s {
	case "", servicetrade.StatusPendingAccounting, servicetrade.StatusVoid:
	default:
		view.Notes = append(view.Notes, fmt.Sprintf("its status is %s: it is posted when a user sends it to accounting", s))
	}
	// What was posted before keeps its day, so that the record comes first.
	r, unread := v.record(ctx, view.InvoiceID)
	madeOf, err := snapshot.Hash(inv)
	if inv.GetStatus() == servicetrade.StatusVoid {
		if err := errors.Join(unread, err, v.void(ctx, view, snap, r, madeOf)); err != nil {
			view.cannot(err)
		}
		return view
	}
	result := transform.Make(transform.InputFor(v.o.Connection, snap, nil).Knowing(r, madeOf))
	if len(result.Faults) > 0 {
		view.refuse(result.Faults)
		return view
	}
	if err := errors.Join(unread, err); err != nil {
		view.cannot(err)
		return view
	}
	if err := v.look(ctx, view, result, v.looker(r, madeOf)); err != nil {
		view.cannot(err)
	}
	return view
}

// record is the invoice's; nil where it has none, or NATS is not there.
func (v *Viewer) record(ctx context.Context, id int64) (*tradepostv1.Record, error) {
	if v.store == nil {
		return nil, nil
	}
	e, err := v.store.Get(ctx, record.Key{Account: v.o.Connection.AccountID, InvoiceID: id})
	return e.Record, err
}

// looker asks what deliver would ask, with the same policies.
func (v *Viewer) looker(r *tradepostv1.Record, madeOf string) deliver.Looker {
	c := v.o.Connection
	return deliver.Looker{
		Connection: c.ID, Connector: v.books, Resend: c.Resend, Unused: v.unused, Unknown: v.o.NoNATS, SnapshotHash: madeOf,
		Record: r, Links: deliver.LinksOf(c), ClosedThrough: deliver.ClosedThrough(c.Mapping), Splits: deliver.Splits(c.Mapping),
	}
}

// look asks the record and the books about the documents.
func (v *Viewer) look(ctx context.Context, view *View, result transform.Result, looker deliver.Looker) error {
	if err := view.show(result); err != nil {
		return err
	}
	if f := v.elsewhere(looker.Record); f != nil {
		view.refuse([]*tradepostv1.Fault{f})
		return nil
	}
	view.noteState(looker.Record)
	v.notePause(ctx, view)
	if err := v.ahead(ctx, view, looker); err != nil {
		return err
	}
	for i, p := range view.Documents {
		if v.o.Diff {
			view.Documents[i].Diff = v.diff(ctx, p.message, looker.Record)
		}
	}
	return nil
}

// show adds the documents that transform made.
func (view *View) show(result transform.Result) error {
	for i, d := range result.Documents {
		hash, err := invoice.HashOf(d)
		if err != nil {
			return err
		}
		p, err := paperOf(d, hash, result.Explanations[i])
		if err != nil {
			return err
		}
		view.Documents = append(view.Documents, p)
	}
	return nil
}

// ahead asks what deliver would do with each document.
func (v *Viewer) ahead(ctx context.Context, view *View, looker deliver.Looker) error {
	var faults []*tradepostv1.Fault
	view.Verdict = Postable
	documents := make([]*tradepostv1.Document, len(view.Documents))
	for i, p := range view.Documents {
		documents[i] = p.message
	}
	seen, err := looker.Look(ctx, documents...)
	if err != nil {
		return err
	}
	for i, s := range seen {
		faults = fault.Together(faults, s.Faults)
		view.Documents[i].Step, view.InBooks = s.Step, append(view.InBooks, s.Differences...)
		view.Notes = append(view.Notes, s.Unsure...)
		view.Remarks = append(view.Remarks, faultsOf(s.Remarks)...)
	}
	if len(faults) > 0 {
		view.refuse(faults)
	}
	return v.askSiblings(ctx, view)
}

// elsewhere is the fault of an invoice that is in the books of another connection:
// ingest would hold it.
func (v *Viewer) elsewhere(r *tradepostv1.Record) *tradepostv1.Fault {
	for _, d := range r.GetDocuments() {
		if d.GetConnection() != v.o.Connection.ID && !d.GetGone() {
			return fault.New("record.other_connection", fault.Args{Params: map[string]string{
				"connection": v.o.Connection.ID, "posted_connection": d.GetConnection(),
			}})
		}
	}
	return nil
}
