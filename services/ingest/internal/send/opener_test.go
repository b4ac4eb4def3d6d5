package send_test

import (
	"context"
	"errors"
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
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

const invoiceID = 2687264638045999

// stuck is more than the time after which a send without progress is published again.
const stuck = 16 * time.Minute

// office is ServiceTrade with one invoice.
type office struct {
	invoice *tradepostv1.ServiceTradeInvoice
	err     error
	// customer is the customer's external id.
	customer string
	// related is the error of reading what belongs to the invoice. Such a read may go
	// on after another one failed.
	mu      sync.Mutex
	related error
	// assigned is the office of the job, and tags are the job's.
	assigned int64
	tags     []string
	// reads counts how often the invoice was read.
	reads int
}

func (o *office) refuse(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.related = err
}

func (o *office) refused() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.related
}

func (o *office) Invoice(context.Context, int64) (*tradepostv1.ServiceTradeInvoice, error) {
	o.reads++
	if o.err != nil {
		return nil, o.err
	}
	return proto.Clone(o.invoice).(*tradepostv1.ServiceTradeInvoice), nil
}

func (o *office) Company(context.Context, int64) (*tradepostv1.ServiceTradeCompany, error) {
	return &tradepostv1.ServiceTradeCompany{
		Id: 9001, Name: "Acme", ExternalIds: map[string]string{"accounting": o.customer},
	}, o.refused()
}

func (o *office) Location(context.Context, int64) (*tradepostv1.ServiceTradeLocation, error) {
	return &tradepostv1.ServiceTradeLocation{Id: 820}, o.refused()
}

func (o *office) Job(context.Context, int64) (*tradepostv1.ServiceTradeJob, error) {
	job := &tradepostv1.ServiceTradeJob{Id: 34872, AssignedOffice: &tradepostv1.NamedRef{Id: o.assigned}}
	for _, name := range o.tags {
		job.Tags = append(job.Tags, &tradepostv1.NamedRef{Name: name})
	}
	return job, o.refused()
}

func (o *office) LibItem(_ context.Context, id int64) (*tradepostv1.ServiceTradeLibItem, error) {
	return &tradepostv1.ServiceTradeLibItem{Id: id}, o.refused()
}

// desk is an opener with a real broker.
type desk struct {
	*send.Opener
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
			Customer: &tradepostv1.NamedRef{Id: 9001, Name: "Acme"}, Job: &tradepostv1.NamedRef{Id: 34872},
		}}
		test(t, &desk{t: t, js: js, office: o, Opener: &send.Opener{
			Account: "acme", Desk: deskOf(books), Store: store, Bus: bus.NewPublisher(js, log), Reader: o,
			Taker: snapshot.NewTaker(o, time.Minute, time.Now), Log: log, Now: time.Now,
		}})
	})
}

// books is the connection that takes everything, other the one after it.
var (
	books = &connection.Connection{ID: "acme-books", Enabled: true}
	other = &connection.Connection{ID: "acme-other", Enabled: true}
)

func deskOf(all ...*connection.Connection) *send.Desk {
	return send.NewDesk("acme", all, slog.New(slog.DiscardHandler), time.Now, nil)
}

// row is how a list shows the invoice.
func (d *desk) row() servicetrade.InvoiceRow {
	return servicetrade.InvoiceRow{ID: invoiceID, Status: d.office.invoice.GetStatus(), Updated: d.office.invoice.GetUpdated()}
}

func (d *desk) pending() {
	d.t.Helper()
	require.NoError(d.t, d.Pending(d.t.Context(), d.row()))
}

func (d *desk) entry() record.Entry {
	d.t.Helper()
	e, err := d.Store.Get(d.t.Context(), record.Key{Account: "acme", InvoiceID: invoiceID})
	require.NoError(d.t, err)
	return e
}

// sent returns the received messages of the invoice.
func (d *desk) sent() []*tradepostv1.InvoiceReceived {
	d.t.Helper()
	st, err := d.js.Stream(d.t.Context(), bus.StreamReceived)
	require.NoError(d.t, err)
	info, err := st.Info(d.t.Context())
	require.NoError(d.t, err)
	var all []*tradepostv1.InvoiceReceived
	for seq := max(info.State.FirstSeq, 1); seq <= info.State.LastSeq; seq++ {
		raw, err := st.GetMsg(d.t.Context(), seq)
		require.NoError(d.t, err)
		m := &tradepostv1.InvoiceReceived{}
		require.NoError(d.t, bus.Decode(bus.Message{Body: raw.Data}, m))
		all = append(all, m)
	}
	return all
}

// close ends the open send.
func (d *desk) close(s tradepostv1.Settlement) {
	d.t.Helper()
	e := d.entry()
	for _, step := range []record.Transition{
		record.Reject(&tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED}),
		record.Settle(record.Claiming{Owner: "test"}), record.Close("test", s, time.Now()),
	} {
		var err error
		e, err = d.Store.Change(d.t.Context(), e, step)
		require.NoError(d.t, err)
	}
}

func (d *desk) retry(follows int64) error { return d.retryOn("acme-books", follows) }

func (d *desk) retryOn(connection string, follows int64) error {
	body, err := bus.Encode(&tradepostv1.InvoiceCommand{FollowsSend: follows, By: "test", Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}}})
	require.NoError(d.t, err)
	return d.Command(d.t.Context(), bus.Message{Body: body, Subject: bus.Subject{Stage: bus.StageCommand, Connection: connection, InvoiceID: invoiceID}})
}

func TestEveryPollOpensASendOnce(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for range 3 {
			d.pending()
		}
		require.Equal(t, record.Opened, d.entry().State())
		require.Len(t, d.sent(), 1)
		require.Equal(t, d.entry().Record.GetSnapshotHash(), d.sent()[0].GetSnapshotHash())
		require.Equal(t, "Acme", d.sent()[0].GetSnapshot().GetCustomer().GetName())
	})
}

func TestAStaleListOpensNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Status = "processed"
		d.pending()
		require.Nil(t, d.entry().Record)
		d.office.err = &servicetrade.Error{Status: 404, Gone: true}
		d.pending()
		require.Nil(t, d.entry().Record)
	})
}

func TestSendingAgainAfterItClosedIsTheNextSend(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		d.pending()
		require.Equal(t, int64(2), d.entry().Record.GetSend())
		require.Len(t, d.sent(), 2)
	})
}

// The office mends the customer and presses Send at once: the cache must not show
// the customer as it was.
func TestSendingAgainAfterAFailureReadsTheCustomerAfresh(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		d.office.customer = "C-1001"
		d.pending()
		require.Equal(t, "C-1001", d.sent()[1].GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
	})
}

func TestWhatCannotBeReadWholeOpensNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.refuse(errors.New("503"))
		require.Error(t, d.Pending(t.Context(), d.row()))
		require.Nil(t, d.entry().Record)
		d.office.refuse(nil)
		d.pending()
		require.Len(t, d.sent(), 1)
	})
}

func TestAProcessThatDiedBeforePublishingIsHealed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		hash, err := snapshot.Hash(d.office.invoice)
		require.NoError(t, err)
		_, err = d.Store.Change(t.Context(), d.entry(), record.OpenSend(record.Opens{
			Key: d.entry().Key, Connection: "acme-books", SnapshotHash: hash, HashVersion: 1, StartStatus: "pending_accounting", Now: time.Now(),
		}))
		require.NoError(t, err)
		d.pending()
		require.Empty(t, d.sent(), "it may be about to publish")
		time.Sleep(time.Minute)
		d.pending()
		require.Len(t, d.sent(), 1)
		require.Equal(t, int64(1), d.entry().Record.GetSend())
		require.Equal(t, record.Opened, d.entry().State())
	})
}

func TestALostStreamHeals(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		st, err := d.js.Stream(t.Context(), bus.StreamReceived)
		require.NoError(t, err)
		require.NoError(t, st.Purge(t.Context()))
		time.Sleep(14 * time.Minute)
		d.pending()
		require.Empty(t, d.sent(), "it may still make progress")
		time.Sleep(2 * time.Minute)
		d.office.invoice.Notes = "changed meanwhile"
		d.pending()
		require.Len(t, d.sent(), 1)
		require.Equal(t, int64(1), d.sent()[0].GetSend())
		hash, err := snapshot.Hash(d.office.invoice)
		require.NoError(t, err)
		require.Equal(t, hash, d.sent()[0].GetSnapshotHash(), "before any attempt the snapshot is renewed")
		require.Equal(t, hash, d.entry().Record.GetSnapshotHash())
	})
}

// A retry of it on its own connection posts it into no second set of books; one that
// names another connection is of no send.
func TestADocumentInOtherBooksHoldsTheInvoice(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.change(
			record.Claim(record.Claiming{Owner: "x"}, nil),
			record.Note("x", &tradepostv1.DocumentRef{Kind: 1, Connection: "acme-books", Id: "1"}),
			record.Release("x", record.Waits{}),
		)
		d.close(tradepostv1.Settlement_SETTLEMENT_PROCESSED)
		d.Desk = deskOf(other)
		d.pending()
		require.Equal(t, record.Held, d.entry().State())
		require.Equal(t, "acme-other", d.entry().Record.GetConnection())
		for _, connection := range []string{"acme-other", "acme-books"} {
			require.NoError(t, d.retryOn(connection, 2))
			require.Equal(t, record.Held, d.entry().State(), "a retry on %s", connection)
			require.NoError(t, d.notMadeOn(connection, 2))
			require.Equal(t, record.Held, d.entry().State(), "an operator's word about %s", connection)
		}
		require.Len(t, d.sent(), 1)

		// Once the other document is known to be gone, a retry lets it go on.
		d.change(func(r *tradepostv1.Record) (*tradepostv1.Record, error) {
			r.Documents[0].Gone = true
			return r, nil
		})
		require.NoError(t, d.retryOn("acme-other", 2))
		require.Equal(t, record.Opened, d.entry().State())
		require.Len(t, d.sent(), 2)
	})
}

func TestAParkedSendWhoseMessageIsLostHeals(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		e, err := d.Store.Change(t.Context(), d.entry(), record.Claim(record.Claiming{Owner: "x"}, nil))
		require.NoError(t, err)
		_, err = d.Store.Change(t.Context(), e, record.Park("x", record.Waits{Until: time.Now().Add(6 * time.Hour)}))
		require.NoError(t, err)
		time.Sleep(6 * time.Hour)
		d.pending()
		require.Len(t, d.sent(), 1, "its message may be on its way")
		time.Sleep(stuck)
		d.pending()
		require.Len(t, d.sent(), 2)
		require.Equal(t, record.Opened, d.entry().State())
	})
}

func TestRetry(t *testing.T) {
	for name, c := range map[string]struct {
		follows int64
		edit    func(*tradepostv1.ServiceTradeInvoice)
		sends   int64
	}{
		"of what failed":            {1, func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "failed" }, 2},
		"of what was changed since": {1, func(i *tradepostv1.ServiceTradeInvoice) { i.Status, i.Notes = "failed", "new" }, 1},
		"of an older send":          {7, func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "failed" }, 1},
		"of what a user moved":      {1, func(i *tradepostv1.ServiceTradeInvoice) { i.Status = "void" }, 1},
		"of what was sent again":    {1, func(*tradepostv1.ServiceTradeInvoice) {}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.pending()
				d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
				c.edit(d.office.invoice)
				require.NoError(t, d.retry(c.follows))
				require.NoError(t, d.retry(c.follows), "a command may come twice")
				require.Equal(t, c.sends, d.entry().Record.GetSend())
				require.Len(t, d.sent(), int(c.sends))
			})
		})
	}
}

// The message of an operator's retry is lost; no list of pending invoices shows it.
func TestALostRetryIsHealedByTheSweep(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		d.office.invoice.Status = "failed"
		require.NoError(t, d.retry(1))
		require.NoError(t, d.Heal(t.Context(), d.entry()))
		require.Len(t, d.sent(), 2)
		time.Sleep(stuck)
		require.NoError(t, d.Heal(t.Context(), d.entry()))
		require.Len(t, d.sent(), 3)
		require.Equal(t, int64(2), d.entry().Record.GetSend())
	})
}

func TestRetryReleasesWhatIsHeld(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		_, err := d.Store.Change(t.Context(), d.entry(), record.Hold("unreadable"))
		require.NoError(t, err)
		time.Sleep(time.Hour)
		d.pending()
		require.Equal(t, record.Held, d.entry().State(), "a poll does not release it")
		require.NoError(t, d.retry(1))
		require.Equal(t, record.Opened, d.entry().State())
		require.Len(t, d.sent(), 2)
	})
}
