package send_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/seal"
)

type reader struct{ js jetstream.JetStream }

func (r reader) At(ctx context.Context, stream string, sequence uint64) (bus.Message, error) {
	return bus.At(ctx, r.js, stream, sequence)
}

// replay publishes a message as the stock nats program does, and returns its place.
func (d *desk) replay(stage bus.Stage, m proto.Message) bus.Message {
	d.t.Helper()
	d.Messages = reader{d.js}
	body, err := bus.Encode(m)
	require.NoError(d.t, err)
	to := bus.Subject{Stage: stage, Connection: "acme-books", InvoiceID: invoiceID}
	ack, err := d.js.Publish(d.t.Context(), to.String(), body)
	require.NoError(d.t, err)
	return bus.Message{Stream: ack.Stream, Sequence: ack.Sequence}
}

// retryOf is the command that a stage makes of a replay.
func (d *desk) retryOf(follows int64, of bus.Message) error {
	d.t.Helper()
	body, err := bus.Encode(&tradepostv1.InvoiceCommand{FollowsSend: follows, By: "replay", Command: &tradepostv1.InvoiceCommand_Retry{
		Retry: &tradepostv1.Retry{ReplayStream: of.Stream, ReplaySequence: of.Sequence},
	}})
	require.NoError(d.t, err)
	return d.Command(d.t.Context(), bus.Message{Body: body, Subject: bus.Subject{Stage: bus.StageCommand, Connection: "acme-books", InvoiceID: invoiceID}})
}

// documents is the ready message of the failed send, mended: its seal is another's.
func (d *desk) documents(total string) *tradepostv1.InvoiceReady {
	r := d.entry().Record
	sealed, err := seal.Documents(nil)
	require.NoError(d.t, err)
	return &tradepostv1.InvoiceReady{
		Send: r.GetSend(), SnapshotHash: r.GetSnapshotHash(), HashVersion: 1, Seal: sealed,
		Documents: []*tradepostv1.Document{{
			Kind: 1, Marker: "st-acme-2687264638045999", Number: "1042", IssueDate: "2026-11-22", Currency: "USD",
			Source:   &tradepostv1.Source{Account: "acme", InvoiceId: invoiceID, Total: total},
			Customer: &tradepostv1.Customer{Name: "Acme", Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_ID, Value: "C1"}},
			Lines:    []*tradepostv1.Line{{Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Amount: total, Description: "mended"}},
			Totals:   &tradepostv1.Totals{Subtotal: total, Total: total},
		}},
	}
}

// lastOn returns the last message of the stage.
func (d *desk) lastOn(stage bus.Stage, into proto.Message) {
	d.t.Helper()
	st, err := d.js.Stream(d.t.Context(), bus.StreamFor(stage))
	require.NoError(d.t, err)
	raw, err := st.GetLastMsgForSubject(d.t.Context(), bus.Subject{Stage: stage, Connection: "acme-books", InvoiceID: invoiceID}.String())
	require.NoError(d.t, err)
	require.NoError(d.t, bus.Decode(bus.Message{Body: raw.Data}, into))
}

func TestAPlainReplayIsRemadeFromServiceTrade(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		d.office.customer = "C-1001" // mended in ServiceTrade
		require.NoError(t, d.retryOf(1, d.replay(bus.StageReceived, d.sent()[0])))
		require.Equal(t, "C-1001", d.sent()[2].GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
		require.Nil(t, d.entry().Record.GetMended())
	})
}

func TestAMendedSnapshotIsWhatTheNextSendPosts(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		mended := d.sent()[0]
		mended.Snapshot.Customer.ExternalIds["accounting"] = "C-2002"
		at := d.replay(bus.StageReceived, mended)
		require.NoError(t, d.retryOf(1, at))
		require.NoError(t, d.retryOf(1, at), "a command may come twice")
		require.Len(t, d.sent(), 3, "the failed one, the replay, the next send's")
		now := d.sent()[2]
		require.Equal(t, int64(2), now.GetSend())
		require.Equal(t, "C-2002", now.GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
		require.Equal(t, record.Opened, d.entry().State())
		require.Equal(t, at.Sequence, d.entry().Record.GetMended().GetSequence())

		// It fails as well: replaying the message of the second send tries the mend again.
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		require.NoError(t, d.retryOf(2, d.replay(bus.StageReceived, now)))
		require.Equal(t, "C-2002", d.sent()[4].GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
		require.Equal(t, int64(3), d.sent()[4].GetSend())

		// An operator's plain retry makes it of ServiceTrade again.
		d.close(tradepostv1.Settlement_SETTLEMENT_FAILED)
		require.NoError(t, d.retry(3))
		require.Empty(t, d.sent()[5].GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
		require.Nil(t, d.entry().Record.GetMended())
	})
}

func TestAMendedDocumentIsWhatTheNextSendPosts(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		require.NoError(t, d.retryOf(1, d.replay(bus.StageReady, d.documents("522.50"))))
		ready := &tradepostv1.InvoiceReady{}
		d.lastOn(bus.StageReady, ready)
		require.Equal(t, int64(2), ready.GetSend())
		require.Equal(t, "mended", ready.GetDocuments()[0].GetLines()[0].GetDescription())
		require.Len(t, d.sent(), 1, "transform is not asked")
		require.Equal(t, record.Opened, d.entry().State())
	})
}

// The process dies between the record and the message, or the message is lost: the
// mend is in the record's keeping.
func TestALostMendIsPublishedAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		mended := d.sent()[0]
		mended.Snapshot.Customer.ExternalIds["accounting"] = "C-2002"
		require.NoError(t, d.retryOf(1, d.replay(bus.StageReceived, mended)))
		time.Sleep(stuck)
		require.NoError(t, d.Heal(t.Context(), d.entry()))
		require.Len(t, d.sent(), 4)
		require.Equal(t, "C-2002", d.sent()[3].GetSnapshot().GetCustomer().GetExternalIds()["accounting"])
		require.Equal(t, int64(2), d.sent()[3].GetSend())
	})
}

// What is mended may be anything but the amount, and only while ServiceTrade shows
// what the failed send was about.
func TestAMendThatDoesNotFitOpensNothing(t *testing.T) {
	for name, c := range map[string]struct {
		mend func(d *desk) bus.Message
		code string
	}{
		"another amount": {func(d *desk) bus.Message {
			m := d.sent()[0]
			m.Snapshot.Invoice.TotalPrice = "1.00"
			return d.replay(bus.StageReceived, m)
		}, "message.wrong_total"},
		"documents of another amount": {func(d *desk) bus.Message {
			return d.replay(bus.StageReady, d.documents("522.51"))
		}, "message.wrong_total"},
		"another invoice": {func(d *desk) bus.Message {
			m := d.sent()[0]
			m.Snapshot.Invoice.Id = 7
			return d.replay(bus.StageReceived, m)
		}, "message.wrong_invoice"},
		"a document of another invoice": {func(d *desk) bus.Message {
			m := d.documents("522.50")
			m.Documents[0].Marker = "st-acme-7"
			return d.replay(bus.StageReady, m)
		}, "message.wrong_document"},
		"two documents of one kind": {func(d *desk) bus.Message {
			m := d.documents("300.00")
			m.Documents = append(m.Documents, d.documents("222.50").GetDocuments()...)
			return d.replay(bus.StageReady, m)
		}, "message.wrong_document"},
		"content that ServiceTrade shows no more": {func(d *desk) bus.Message {
			m := d.sent()[0]
			m.Snapshot.Customer.Name = "mended"
			at := d.replay(bus.StageReceived, m)
			d.office.invoice.Notes = "edited by a user"
			return at
		}, ""},
		"a user's hand": {func(d *desk) bus.Message {
			m := d.sent()[0]
			m.Snapshot.Customer.Name = "mended"
			d.office.invoice.Status = "void"
			return d.replay(bus.StageReceived, m)
		}, ""},
		"a message of no stage that asks for work": {func(*desk) bus.Message {
			return bus.Message{Stream: bus.StreamOutcome, Sequence: 1}
		}, "message.wrong_invoice"},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.failed()
				at := c.mend(d)
				d.Messages = reader{d.js}
				before := d.entry().Revision
				err := d.retryOf(1, at)
				code, poison := bus.PoisonCode(err)
				require.Equal(t, c.code, code, "%v", err)
				require.Equal(t, c.code != "", poison)
				require.Equal(t, before, d.entry().Revision, "nothing changed")
			})
		})
	}
}

// A user pressed Send meanwhile: the send is the user's, and so is its content.
func TestAUsersSendIsNotTheMends(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		mended := d.sent()[0]
		mended.Snapshot.Customer.Name = "mended"
		d.office.invoice.Status = "pending_accounting"
		require.NoError(t, d.retryOf(1, d.replay(bus.StageReceived, mended)))
		require.Equal(t, "Acme", d.sent()[2].GetSnapshot().GetCustomer().GetName())
		require.Nil(t, d.entry().Record.GetMended())
	})
}

func TestAReplayThatIsGoneIsAPlainRetry(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		d.Messages = reader{d.js}
		require.NoError(t, d.retryOf(1, bus.Message{Stream: bus.StreamReady, Sequence: 4711}))
		require.Equal(t, int64(2), d.entry().Record.GetSend())
	})
}

// Customer and accounts of a document are those of one set of books: what was mended
// there is not posted into others. A mended snapshot is mapped anew, wherever it goes.
func TestAMendedDocumentStaysInItsBooks(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.failed()
		at := d.replay(bus.StageReady, d.documents("522.50"))
		d.Desk = deskOf(other)
		before := d.entry().Revision
		code, _ := bus.PoisonCode(d.retryOf(1, at))
		require.Equal(t, "message.wrong_invoice", code)
		require.Equal(t, before, d.entry().Revision, "no send is opened")
		ready := &tradepostv1.InvoiceReady{}
		d.lastOn(bus.StageReady, ready)
		require.Equal(t, int64(1), ready.GetSend(), "nothing but the replay is there")

		mended := d.sent()[0]
		mended.Snapshot.Customer.ExternalIds["accounting"] = "C-2002"
		require.NoError(t, d.retryOf(1, d.replay(bus.StageReceived, mended)))
		require.Equal(t, "acme-other", d.entry().Record.GetConnection())
		time.Sleep(stuck)
		require.NoError(t, d.Heal(t.Context(), d.entry()))
		require.Len(t, d.sent(), 4)
		for _, m := range d.sent()[2:] {
			require.Equal(t, "C-2002", m.GetSnapshot().GetCustomer().GetExternalIds()["accounting"], "also when it is published again")
		}
	})
}
