package send

import (
	"context"
	"errors"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// OpeningAge is the age from which an opening record counts as left behind by a process
// that died between writing it and publishing.
const OpeningAge = 30 * time.Second

// publishing is what it takes to publish a message, and more. A hint does not hold its
// slot for longer before it looks again.
const publishing = 2 * time.Second

// publishSlack is what a message waits beyond that, so that it is not early.
const publishSlack = time.Second

var errUnpublished = errors.New("another worker may be about to publish the message of the send")

// left tells whether an opening record is old enough to count as left behind.
func (o *Opener) left(e record.Entry) bool { return o.Now().Sub(e.At) > OpeningAge }

// unpublished serves a hint or a command whose invoice has a send of which nobody knows
// whether its message was published. The one that opened it may have died of just this
// message, and no list of pending invoices shows a void: the message comes again until
// the send is on its way.
func (o *Opener) unpublished(ctx context.Context, e record.Entry) error {
	if !o.left(e) {
		return bus.RetryAfter(OpeningAge+publishSlack-o.Now().Sub(e.At), errUnpublished)
	}
	return o.Heal(ctx, e)
}
