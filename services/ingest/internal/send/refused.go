package send

import (
	"context"
	"errors"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/record"
)

// refusal is why a command changed nothing. A nil one takes no reason: nobody asked.
type refusal struct {
	reason tradepostv1.Refusal
	why    string
}

// because keeps the first reason, which is the closest to the cause.
func (r *refusal) because(reason tradepostv1.Refusal, format string, args ...any) {
	if r != nil && r.why == "" {
		r.reason, r.why = reason, fmt.Sprintf(format, args...)
	}
}

// tell publishes that the command in m changed nothing, for those who asked: the log is
// not theirs. Where the record moved on since before, something came of it all the same.
// The message informs only, so that a stream which cannot take it stops nothing.
func (o *Opener) tell(ctx context.Context, m bus.Message, c *tradepostv1.InvoiceCommand, before record.Entry, r *refusal) {
	if r.why == "" {
		return
	}
	log := o.Log.With("invoice", m.Subject.InvoiceID, "follows_send", c.GetFollowsSend(), "by", c.GetBy(), "why", r.why,
		"send", before.Record.GetSend(), "connection", before.Record.GetConnection())
	if now, err := o.Store.Get(ctx, before.Key); err != nil || now.Revision != before.Revision {
		return
	}
	log.WarnContext(ctx, "command refused")
	to := bus.Subject{Stage: bus.StageRefused, Connection: m.Subject.Connection, InvoiceID: m.Subject.InvoiceID}
	id := ""
	if m.Sequence > 0 {
		id = fmt.Sprintf("refused-%s-%d", m.Stream, m.Sequence)
	}
	err := o.Bus.Send(ctx, to, id, &tradepostv1.InvoiceRefused{
		FollowsSend: c.GetFollowsSend(), CommandStream: m.Stream, CommandSequence: m.Sequence, By: c.GetBy(), Refusal: r.reason, Why: r.why,
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		log.WarnContext(ctx, "the refusal could not be told", "err", err)
	}
}

const (
	notTheLast      = tradepostv1.Refusal_REFUSAL_NOT_THE_LAST_SEND
	contentChanged  = tradepostv1.Refusal_REFUSAL_CONTENT_CHANGED
	statusChanged   = tradepostv1.Refusal_REFUSAL_STATUS_CHANGED
	noConnection    = tradepostv1.Refusal_REFUSAL_NO_CONNECTION
	inOtherBooks    = tradepostv1.Refusal_REFUSAL_POSTED_ELSEWHERE
	nothingToBeDone = tradepostv1.Refusal_REFUSAL_NOTHING_TO_DO
)
