package send

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/seal"
)

// mend is a message of a failed send that an operator changed by hand and published:
// the next send posts what it says. One of the two is set. A nil mend is none, and
// the send posts what ServiceTrade shows.
type mend struct {
	received *tradepostv1.InvoiceReceived
	ready    *tradepostv1.InvoiceReady
	place    *tradepostv1.Mended
	// connection is the one on whose subject the message is.
	connection string
}

// replayed returns what the replay behind a retry command mended, or nil: a plain copy
// is remade from ServiceTrade, where what was wrong may have been mended, and so is a
// message that is gone.
func (o *Opener) replayed(ctx context.Context, s bus.Subject, c *tradepostv1.InvoiceCommand) (*mend, error) {
	r := c.GetRetry()
	if r.GetReplayStream() == "" {
		return nil, nil
	}
	place := &tradepostv1.Mended{Stream: r.GetReplayStream(), Sequence: r.GetReplaySequence(), Send: c.GetFollowsSend() + 1}
	return o.mendAt(ctx, s, c.GetFollowsSend(), place)
}

// mendAt reads a message of the send and tells whether it was mended. A subject
// without a connection stands for any.
func (o *Opener) mendAt(ctx context.Context, s bus.Subject, send int64, place *tradepostv1.Mended) (*mend, error) {
	if o.Messages == nil {
		return nil, nil
	}
	if st := place.GetStream(); st != bus.StreamReceived && st != bus.StreamReady {
		return nil, bus.Poison("message.wrong_invoice", fmt.Errorf("stream %q holds no message that could be tried again", st))
	}
	m, err := o.Messages.At(ctx, place.GetStream(), place.GetSequence())
	if errors.Is(err, bus.ErrNoMessage) {
		o.Log.WarnContext(ctx, "the replayed message is gone: trying again with what ServiceTrade shows", "invoice", s.InvoiceID, "err", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if m.Subject.InvoiceID != s.InvoiceID || s.Connection != "" && m.Subject.Connection != s.Connection {
		return nil, bus.Poison("message.wrong_invoice", fmt.Errorf("the replayed message is on %s, and the command on %s", m.Raw, s))
	}
	by, of, err := opened(m)
	if err != nil || by == nil {
		return nil, err
	}
	if of != send {
		return nil, bus.Poison(bus.CodeInvalid, fmt.Errorf("the replayed message is of send %d, and the command follows send %d", of, send))
	}
	by.place, by.connection = place, m.Subject.Connection
	return by, nil
}

// opened reads a message; nil when its content is still what was sealed.
func opened(m bus.Message) (*mend, int64, error) {
	if m.Subject.Stage == bus.StageReady {
		ready := &tradepostv1.InvoiceReady{}
		if err := bus.Decode(m, ready); err != nil {
			return nil, 0, err
		}
		now, err := seal.Documents(ready.GetDocuments())
		if err != nil || !seal.Broken(ready.GetSeal(), now) {
			return nil, 0, err
		}
		return &mend{ready: ready}, ready.GetSend(), nil
	}
	received := &tradepostv1.InvoiceReceived{}
	if err := bus.Decode(m, received); err != nil {
		return nil, 0, err
	}
	now, err := seal.Snapshot(received.GetSnapshot())
	if err != nil || !seal.Broken(received.GetSeal(), now) {
		return nil, 0, err
	}
	return &mend{received: received}, received.GetSend(), nil
}

// mendOf is the mend that an open send was opened with, for its message that is
// published again; nil when there is none that still fits.
func (o *Opener) mendOf(ctx context.Context, r *tradepostv1.Record, inv *tradepostv1.ServiceTradeInvoice, hash string) *mend {
	if r.GetMended() == nil || r.GetMended().GetSend() != r.GetSend() {
		return nil
	}
	// The failed send may have been another connection's.
	s := bus.Subject{Stage: bus.StageReceived, InvoiceID: r.GetInvoiceId()}
	by, err := o.mendAt(ctx, s, r.GetSend()-1, r.GetMended())
	if err == nil {
		err = errors.Join(o.fits(by, inv, hash), by.goesTo(r.GetConnection()))
	}
	if err != nil {
		o.Log.WarnContext(ctx, "the mended message is not used: the send is made of what ServiceTrade shows", "invoice", s.InvoiceID, "err", err)
		return nil
	}
	return by
}

// fits refuses a mend of another invoice, of other content or with another amount than
// ServiceTrade shows now: everything else may be mended, but processed is never written
// for another total.
func (o *Opener) fits(m *mend, inv *tradepostv1.ServiceTradeInvoice, hash string) error {
	if m == nil {
		return nil
	}
	if claimed := m.hash(); claimed != hash || !m.isOf(inv.GetId()) {
		return bus.Poison("message.wrong_invoice", fmt.Errorf("the mended message does not belong to what ServiceTrade shows of invoice %d now", inv.GetId()))
	}
	if err := invoice.Belong(o.Account, inv.GetId(), m.ready.GetDocuments()); err != nil {
		return bus.Poison("message.wrong_document", fmt.Errorf("the mended message of invoice %d: %w", inv.GetId(), err))
	}
	want, err := decimal.NewFromString(inv.GetTotalPrice())
	if err != nil {
		return bus.Poison("message.wrong_total", fmt.Errorf("ServiceTrade's total %q is no number", inv.GetTotalPrice()))
	}
	have, err := m.total()
	if err != nil {
		return bus.Poison("message.wrong_total", err)
	}
	if !have.Equal(want) {
		return bus.Poison("message.wrong_total", fmt.Errorf("the mended message adds up to %s, and ServiceTrade's total is %s", have, want))
	}
	return nil
}

// goesTo refuses a document that was made for other books than those that the send
// goes to now: its customer and accounts are not theirs.
func (m *mend) goesTo(connection string) error {
	if m == nil || m.ready == nil || m.connection == connection {
		return nil
	}
	return bus.Poison("message.wrong_invoice", fmt.Errorf("the mended document is one of connection %s, and the invoice goes to %s now; mend the message in %s instead",
		m.connection, connection, bus.StreamReceived))
}

// hash is the snapshot hash that the message claims.
func (m *mend) hash() string {
	if m.ready != nil {
		return m.ready.GetSnapshotHash()
	}
	return m.received.GetSnapshotHash()
}

// isOf tells whether a snapshot is of that invoice. What documents are of is in their
// markers (invoice.Belong).
func (m *mend) isOf(id int64) bool {
	return m.ready != nil || m.received.GetSnapshot().GetInvoice().GetId() == id
}

func (m *mend) total() (decimal.Decimal, error) {
	if m.ready != nil {
		return invoice.Sum(m.ready.GetDocuments())
	}
	return decimal.NewFromString(m.received.GetSnapshot().GetInvoice().GetTotalPrice())
}

// from is where the mend is, for the record.
func (m *mend) from() *tradepostv1.Mended {
	if m == nil {
		return nil
	}
	return m.place
}

// message is what the send is published with: the mended message under the new send's
// name, its broken seal kept, so that a replay of it counts as mended too; or the
// snapshot, sealed.
func (m *mend) message(r *tradepostv1.Record, snap *tradepostv1.Snapshot) (bus.Stage, proto.Message, error) {
	switch {
	case m == nil:
		sealed, err := seal.Snapshot(snap)
		return bus.StageReceived, &tradepostv1.InvoiceReceived{
			Send: r.GetSend(), SnapshotHash: r.GetSnapshotHash(), HashVersion: r.GetHashVersion(), Snapshot: snap, Seal: sealed,
		}, err
	case m.ready != nil:
		m.ready.Send, m.ready.SnapshotHash, m.ready.HashVersion = r.GetSend(), r.GetSnapshotHash(), r.GetHashVersion()
		return bus.StageReady, m.ready, nil
	default:
		m.received.Send, m.received.SnapshotHash, m.received.HashVersion = r.GetSend(), r.GetSnapshotHash(), r.GetHashVersion()
		return bus.StageReceived, m.received, nil
	}
}
