package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/pause"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// pauses tells which connections post nothing, because somebody or something paused
// them.
func (d *doctor) pauses(ctx context.Context, js jetstream.JetStream) []Result {
	c := check{systemNATS, "pauses"}
	store, err := pause.Open(ctx, js)
	if err != nil {
		return []Result{c.skip("the pauses cannot be looked at: %v", err)}
	}
	var results []Result
	for _, conn := range d.connections() {
		p, err := store.Get(ctx, conn.ID)
		if err != nil {
			results = append(results, c.unread("pause of connection "+conn.ID, err))
			continue
		}
		until, err := store.Consumer(ctx, conn.ID)
		if err != nil {
			results = append(results, c.unread("consumer of connection "+conn.ID, err))
			continue
		}
		if r, is := c.pausedOne(conn.ID, p, until, d.now()); is {
			results = append(results, r)
		}
	}
	if len(results) == 0 {
		return []Result{c.ok("none")}
	}
	return results
}

func (c check) pausedOne(id string, p *tradepostv1.Pause, consumer, now time.Time) (Result, bool) {
	since := ""
	if p.GetSince() != nil {
		since = " since " + p.GetSince().AsTime().Format(time.RFC3339)
	}
	resume := fmt.Sprintf("tradepost resume %s", id)
	switch {
	case pause.InForce(p, now) && p.GetBy() == pause.Operator:
		until := "until somebody resumes it"
		if p.GetUntil() != nil {
			until = "until " + p.GetUntil().AsTime().Format(time.RFC3339)
		}
		return c.warn(operator, "When it should go on: "+resume, "connection %s was paused by a person%s, %s: %s", id, since, until, p.GetReason()), true
	case pause.InForce(p, now) && p.GetFix() != "":
		return c.warn(admin, p.GetFix(), "connection %s posts nothing%s: %s", id, since, whyPaused(p)), true
	case pause.InForce(p, now):
		return c.warn(operator, fmt.Sprintf("Mend the reason (%s, \"Paused connections\", has each). It goes on by itself; to try at once: %s", manual, resume),
			"connection %s posts nothing%s, until %s at the least: %s", id, since, p.GetUntil().AsTime().Format(time.RFC3339), whyPaused(p)), true
	case !consumer.IsZero():
		return c.warn(operator, "When it should go on: "+resume, "the consumer deliver-%s is paused until %s, with the nats program and not in the connection's record",
			id, consumer.Format(time.RFC3339)), true
	}
	return Result{}, false
}

// whyPaused is the reason of a pause, with what the one who made it said besides.
func whyPaused(p *tradepostv1.Pause) string {
	if p.GetMessage() == "" {
		return p.GetReason()
	}
	return p.GetReason() + ": " + p.GetMessage()
}
