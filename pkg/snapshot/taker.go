package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxParallel is the most related records that one Take reads at once. The
// client has a limit of its own over all of them.
const maxParallel = 4

// Reader is what a Taker reads related records from: a *servicetrade.Client.
type Reader interface {
	Company(ctx context.Context, id int64) (*tradepostv1.ServiceTradeCompany, error)
	Location(ctx context.Context, id int64) (*tradepostv1.ServiceTradeLocation, error)
	Job(ctx context.Context, id int64) (*tradepostv1.ServiceTradeJob, error)
	LibItem(ctx context.Context, id int64) (*tradepostv1.ServiceTradeLibItem, error)
}

// jobReader is a Reader that also tells where a job is, for invoices that name
// no location of their own.
type jobReader interface {
	JobDetail(ctx context.Context, id int64) (servicetrade.JobDetail, error)
}

// Taker takes snapshots of the invoices of one ServiceTrade account. It is safe
// for concurrent use.
type Taker struct {
	client    Reader
	now       func() time.Time
	companies *cache[*tradepostv1.ServiceTradeCompany]
	locations *cache[*tradepostv1.ServiceTradeLocation]
	jobs      *cache[servicetrade.JobDetail]
	libItems  *cache[*tradepostv1.ServiceTradeLibItem]
}

// NewTaker makes a Taker that reads from client and believes a related record
// for cacheAge (0 or less: never twice). now is the clock of ages and of
// Snapshot.taken_at; nil means time.Now.
func NewTaker(client Reader, cacheAge time.Duration, now func() time.Time) *Taker {
	if now == nil {
		now = time.Now
	}
	return &Taker{
		client:    client,
		now:       now,
		companies: newCache(client.Company, cacheAge, now),
		locations: newCache(client.Location, cacheAge, now),
		jobs:      newCache(jobDetail(client), cacheAge, now),
		libItems:  newCache(client.LibItem, cacheAge, now),
	}
}

func jobDetail(client Reader) func(context.Context, int64) (servicetrade.JobDetail, error) {
	if full, ok := client.(jobReader); ok {
		return full.JobDetail
	}
	return func(ctx context.Context, id int64) (servicetrade.JobDetail, error) {
		job, err := client.Job(ctx, id)
		return servicetrade.JobDetail{Job: job}, err
	}
}

// Forget drops all cached records, so that the next Take reads them afresh (an
// operator has mended a customer, and wants it seen now).
func (t *Taker) Forget() {
	t.companies.forget()
	t.locations.forget()
	t.jobs.forget()
	t.libItems.forget()
}

// Take makes the snapshot of an invoice that was just read: the invoice, the
// company and the location that it names (or its job's location), its job, and
// the library items of its lines with code, type and external ids. A related
// record that is really gone is left out; any other error fails the Take. inv is
// not changed. A snapshot above Limit comes back without lines, with Oversize set.
func (t *Taker) Take(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) (*tradepostv1.Snapshot, error) {
	snap := &tradepostv1.Snapshot{
		Invoice: proto.CloneOf(inv),
		TakenAt: timestamppb.New(t.now()),
	}
	// Asked before the related records are read: thousands of lines may name
	// thousands of library items.
	if cut, err := fit(snap); cut || err != nil {
		return snap, err
	}
	if err := t.relate(ctx, snap); err != nil {
		return nil, fmt.Errorf("take a snapshot of invoice %d: %w", inv.GetId(), err)
	}
	if _, err := fit(snap); err != nil {
		return nil, err
	}
	return snap, nil
}

// Place returns what tells where an invoice belongs: the invoice itself, its job and
// its location, and nothing else. A snapshot that came back oversize has neither, and
// is put to the right place by this. inv is not changed, and shared with the answer.
func (t *Taker) Place(ctx context.Context, inv *tradepostv1.ServiceTradeInvoice) (*tradepostv1.Snapshot, error) {
	snap := &tradepostv1.Snapshot{Invoice: inv}
	if err := t.place(ctx, snap); err != nil {
		return nil, fmt.Errorf("find the place of invoice %d: %w", inv.GetId(), err)
	}
	return snap, nil
}

// relate reads the related records into snap.
func (t *Taker) relate(ctx context.Context, snap *tradepostv1.Snapshot) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	inv := snap.GetInvoice()
	group.Go(func() error {
		company, err := t.companies.get(ctx, inv.GetCustomer().GetId())
		snap.Customer = proto.CloneOf(company)
		return about(err, "customer", inv.GetCustomer().GetId())
	})
	group.Go(func() error { return t.place(ctx, snap) })
	for id, items := range itemsByLibItem(inv) {
		group.Go(func() error {
			full, err := t.libItems.get(ctx, id)
			if err != nil || full == nil {
				return about(err, "library item", id)
			}
			for _, item := range items {
				item.LibItem = libItem(full, item.GetLibItem())
			}
			return nil
		})
	}
	return group.Wait()
}

// place reads the job, and the location, which may be known only from the job.
func (t *Taker) place(ctx context.Context, snap *tradepostv1.Snapshot) error {
	inv := snap.GetInvoice()
	detail, err := t.jobs.get(ctx, inv.GetJob().GetId())
	if err != nil {
		return about(err, "job", inv.GetJob().GetId())
	}
	snap.Job = proto.CloneOf(detail.Job)
	id := inv.GetLocation().GetId()
	if id == 0 {
		id = detail.Location.GetId()
	}
	location, err := t.locations.get(ctx, id)
	snap.Location = proto.CloneOf(location)
	return about(err, "location", id)
}

func itemsByLibItem(inv *tradepostv1.ServiceTradeInvoice) map[int64][]*tradepostv1.ServiceTradeItem {
	found := map[int64][]*tradepostv1.ServiceTradeItem{}
	for _, item := range inv.GetItems() {
		if id := item.GetLibItem().GetId(); id != 0 {
			found[id] = append(found[id], item)
		}
	}
	return found
}

// libItem is full, completed by what only the line showed.
func libItem(full, stub *tradepostv1.ServiceTradeLibItem) *tradepostv1.ServiceTradeLibItem {
	merged := proto.CloneOf(full)
	merged.Id = stub.GetId()
	merged.Name = cmp.Or(merged.GetName(), stub.GetName())
	merged.Code = cmp.Or(merged.GetCode(), stub.GetCode())
	merged.Type = cmp.Or(merged.GetType(), stub.GetType())
	return merged
}

func about(err error, what string, id int64) error {
	if err != nil {
		return fmt.Errorf("read %s %d: %w", what, id, err)
	}
	return nil
}
