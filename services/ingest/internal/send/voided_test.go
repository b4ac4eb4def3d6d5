package send_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// posted posts the open send as document id in the books of its connection, and closes it.
func (d *desk) posted(id string, s tradepostv1.Settlement) {
	d.t.Helper()
	e := d.entry()
	for _, step := range []record.Transition{
		record.Claim(record.Claiming{Owner: "deliver"}, nil),
		record.Conclude("deliver", &tradepostv1.RecordedOutcome{Kind: tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED}, &tradepostv1.DocumentRef{
			Kind: 1, Connection: e.Record.GetConnection(), Id: id, Number: "1042", Total: "522.50",
		}),
		record.Settle(record.Claiming{Owner: "test"}), record.Close("test", s, time.Now()),
	} {
		var err error
		e, err = d.Store.Change(d.t.Context(), e, step)
		require.NoError(d.t, err)
	}
}

func (d *desk) voided() {
	d.t.Helper()
	require.NoError(d.t, d.Voided(d.t.Context(), d.row()))
}

func (d *desk) command(c *tradepostv1.InvoiceCommand) error {
	body, err := bus.Encode(c)
	require.NoError(d.t, err)
	return d.Command(d.t.Context(), bus.Message{Body: body, Subject: bus.Subject{Stage: bus.StageCommand, Connection: "acme-books", InvoiceID: invoiceID}})
}

const (
	processed = tradepostv1.Settlement_SETTLEMENT_PROCESSED
	withdrawn = tradepostv1.Settlement_SETTLEMENT_WITHDRAWN
	settled   = tradepostv1.Settlement_SETTLEMENT_VOIDED
)

// An invoice was voided while its import file waits: nothing is opened, and it is told.
func TestAVoidOfAnInvoiceThatWasHandedOverIsTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		var log strings.Builder
		d.Log = slog.New(slog.NewTextHandler(&log, nil))
		d.pending()
		d.office.invoice.Status = "void"
		d.voided()
		require.NotContains(t, log.String(), "voided while it waits", "it is not handed over")
		d.change(attempt(), record.Hand("deliver", "st-acme-7.1"))
		d.voided()
		require.Contains(t, log.String(), "voided while it waits to be imported")
		require.Contains(t, log.String(), "st-acme-7.1")
		require.Equal(t, record.Handed, d.entry().State())
	})
}

// Whoever notices that a posted invoice is void, one send is opened for it.
func TestAVoidOfAPostedInvoiceIsASendOnce(t *testing.T) {
	for name, notice := range map[string]func(d *desk) error{
		"the slow look":       func(d *desk) error { return d.Voided(d.t.Context(), d.row()) },
		"a webhook's hint":    func(d *desk) error { return d.hint() },
		"a poll's stale list": func(d *desk) error { return d.Pending(d.t.Context(), d.row()) },
		"whoever settled": func(d *desk) error {
			return d.command(&tradepostv1.InvoiceCommand{FollowsSend: 1, Command: &tradepostv1.InvoiceCommand_Refresh{Refresh: &tradepostv1.Refresh{}}})
		},
	} {
		for _, s := range []tradepostv1.Settlement{processed, withdrawn} {
			atDesk(t, func(t *testing.T, d *desk) {
				d.pending()
				d.posted("77", s)
				time.Sleep(time.Minute)
				d.office.invoice.Status = "void"
				for range 3 {
					require.NoError(t, notice(d), name)
				}
				r := d.entry().Record
				require.Equal(t, int64(2), r.GetSend(), name)
				require.Equal(t, "void", r.GetStartStatus())
				require.Equal(t, record.Opened, r.GetState())
				require.Len(t, d.sent(), 2)
				require.Equal(t, "void", d.sent()[1].GetSnapshot().GetInvoice().GetStatus())

				d.posted("78", settled)
				reads := d.office.reads
				d.voided()
				require.Equal(t, reads, d.office.reads, "a void that is settled costs no call")
				time.Sleep(time.Minute)
				require.NoError(t, notice(d))
				require.Equal(t, int64(2), d.entry().Record.GetSend(), "and is not sent again")
			})
		}
	}
}

func TestAVoidOfWhatIsNotInTheBooksIsNoSend(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.office.invoice.Status = "void"
		d.voided()
		require.Zero(t, d.office.reads)
		require.NoError(t, d.hint())
		require.Nil(t, d.entry().Record)

		d.office.invoice.Status = "pending_accounting"
		d.pending()
		d.office.invoice.Status = "void"
		d.voided()
		require.Equal(t, "pending_accounting", d.entry().Record.GetStartStatus(), "a send that is open ends first")
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		d.voided()
		require.Equal(t, int64(1), d.entry().Record.GetSend())
	})
}

// A list shows it as void, and it is not any more.
func TestAStaleListOfVoidsOpensNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.posted("77", processed)
		d.office.invoice.Status = "processed"
		d.voided()
		require.Equal(t, int64(1), d.entry().Record.GetSend())
	})
}

// Un-voided and sent again it is an ordinary send; voided again, the next void.
func TestVoidAndSentAgainAndVoidAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.posted("77", processed)
		d.office.invoice.Status = "void"
		d.voided()
		d.posted("78", settled)
		d.office.invoice.Status = "pending_accounting"
		d.pending()
		require.Equal(t, "pending_accounting", d.entry().Record.GetStartStatus())
		d.posted("77", processed)
		d.office.invoice.Status = "void"
		d.voided()
		r := d.entry().Record
		require.Equal(t, "void", r.GetStartStatus())
		require.Equal(t, int64(4), r.GetSend())
		require.Equal(t, int64(4), r.GetAskedSend(), "people hear of it again")
	})
}

// The void belongs to the books that hold the document, whatever the filters say by now.
func TestAVoidGoesToTheBooksThatHoldTheDocument(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.posted("77", processed)
		d.office.invoice.Status = "void"
		d.Desk = deskOf(other)
		d.voided()
		require.Equal(t, int64(1), d.entry().Record.GetSend(), "while those are not served nothing is opened")
		d.Desk = deskOf(other, books)
		d.voided()
		require.Equal(t, "acme-books", d.entry().Record.GetConnection())
		require.Equal(t, record.Opened, d.entry().State())
	})
}

// A void that did nothing in the books can be tried again, one that did something cannot.
func TestARetryOfAVoid(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.posted("77", processed)
		d.office.invoice.Status = "void"
		d.voided()
		d.close(settled)
		require.True(t, record.VoidFailed(d.entry().Record))
		require.NoError(t, d.retry(2))
		r := d.entry().Record
		require.Equal(t, int64(3), r.GetSend())
		require.Equal(t, "void", r.GetStartStatus())
		require.Equal(t, int64(2), r.GetAskedSend(), "nobody hears the same a second time")
		d.posted("78", settled)
		require.NoError(t, d.retry(3))
		require.Equal(t, int64(3), d.entry().Record.GetSend())
	})
}

// A process died before it published the void's message.
func TestAVoidWithoutProgressIsPublishedAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.pending()
		d.posted("77", processed)
		d.office.invoice.Status = "void"
		d.voided()
		time.Sleep(stuck)
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Len(t, d.sent(), 3)
		d.office.invoice.Status = "pending_accounting"
		time.Sleep(2 * stuck)
		require.NoError(t, d.Sweep(t.Context(), d.entry()))
		require.Len(t, d.sent(), 4, "not void any more: whoever takes the message finds out, and asks ServiceTrade before that")
		require.Nil(t, d.sent()[3].GetSnapshot().GetTakenAt())
	})
}
