package pause

import (
	"context"
	"fmt"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Told is a pause as people are told of it.
type Told struct {
	// Words say which connection is paused, by whom, since when, for how long and why.
	Words string
	// Resume is the command that ends it.
	Resume string
	// ByPerson says that only a person ends it; else it goes on by itself.
	ByPerson bool
	// Fix is what a person has to do about the reason, in a sentence that holds the
	// command; "" where that is not known, or nothing.
	Fix string
}

// Tell says what keeps a connection from posting; nil when nothing does. Times are in zone.
func (s *Store) Tell(ctx context.Context, connection string, now time.Time, zone *time.Location) (*Told, error) {
	p, err := s.Get(ctx, connection)
	if err != nil {
		return nil, err
	}
	t := &Told{Resume: "tradepost resume " + connection, ByPerson: true}
	if InForce(p, now) {
		t.ByPerson, t.Fix = p.GetBy() == Operator, p.GetFix()
		t.Words = fmt.Sprintf("connection %s is paused %s", connection, words(p, zone))
		return t, nil
	}
	until, err := s.Consumer(ctx, connection)
	if err != nil || until.IsZero() {
		return nil, err
	}
	t.Words = fmt.Sprintf("connection %s is paused with the nats program, on its consumer alone, until %s", connection, until.In(zone).Format(time.RFC3339))
	return t, nil
}

func words(p *tradepostv1.Pause, zone *time.Location) string {
	by := "by an operator"
	if p.GetBy() != Operator {
		by = "by Tradepost (" + p.GetBy() + ")"
	}
	if p.GetSince() != nil {
		by += " since " + p.GetSince().AsTime().In(zone).Format(time.RFC3339)
	}
	switch {
	case p.GetUntil() == nil:
		by += ", until somebody resumes it"
	case p.GetBy() == Operator:
		by += ", until " + p.GetUntil().AsTime().In(zone).Format(time.RFC3339)
	default:
		by += ", until " + p.GetUntil().AsTime().In(zone).Format(time.RFC3339) + " at the least"
	}
	by += ": " + strings.TrimSpace(p.GetReason())
	if p.GetMessage() != "" {
		by += ": " + strings.TrimSpace(p.GetMessage())
	}
	return by
}
