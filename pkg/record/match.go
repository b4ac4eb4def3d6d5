package record

import (
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Wake is what a message means to the record.
type Wake int

const (
	// Stale says that the message belongs to no open send; it changes nothing.
	Stale Wake = iota
	// Current says that the message belongs to the open send.
	Current
	// Ahead says that the message names a send unknown to the record. The read
	// was an old one, or the record is lost; wait a little, then drop it: the next
	// poll opens the send anew.
	Ahead
	// Replayed says that the message was published after its send was closed as
	// failed, or as void with nothing done in the books: an operator wants it tried again.
	Replayed
)

// Match compares a message's send and snapshot with the record. published is the
// server's time at which the message entered its stream.
func Match(e Entry, send int64, snapshotHash string, published time.Time) Wake {
	r := e.Record
	switch {
	case r == nil || send > r.GetSend():
		return Ahead
	case send < r.GetSend() || snapshotHash != r.GetSnapshotHash():
		return Stale
	case r.GetState() != Closed:
		return Current
	case (r.GetSettlement() == tradepostv1.Settlement_SETTLEMENT_FAILED || VoidFailed(r)) && published.After(e.At):
		return Replayed
	default:
		return Stale
	}
}
