package life

import (
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/ingest"
)

// waits tells what an open send waits for; zone is the account's.
func waits(e record.Entry, zone *time.Location, now time.Time) string {
	r := e.Record
	if w := r.GetWaiting(); w != nil {
		s := strings.ReplaceAll(fault.OneLine(w.GetReason()), "_", " ")
		if w.GetUntil() != nil {
			s += ", until " + w.GetUntil().AsTime().In(zone).Format(time.RFC3339)
		}
		return s
	}
	switch r.GetState() {
	case record.Opening:
		return unpublished(e, zone, now)
	case record.Opened:
		return "its turn: the next stage takes its message"
	case record.Claimed:
		return "the books: they are being asked (" + fault.OneLine(r.GetClaim().GetOwner()) + ")"
	case record.Outcome, record.Settling:
		return "ServiceTrade to take status and comment"
	default:
		return ""
	}
}

// unpublished tells of a send whose message is perhaps not in the stream. Nothing but
// ingest moves it on then: for a pending invoice its next poll, which lists it; for a
// void or an operator's retry, which no poll lists, its sweep.
func unpublished(e record.Entry, zone *time.Location, now time.Time) string {
	by := e.At.Add(ingest.OpeningHealed).In(zone).Format(time.RFC3339)
	switch {
	case now.Sub(e.At) <= ingest.OpeningAge:
		return "its message, which ingest is about to publish"
	case late(e, now):
		return "its message, which ingest should have published by " + by
	}
	s := "its message: the process that opened the send did not publish it, or died before it noted that. Ingest publishes it "
	if e.Record.GetStartStatus() == servicetrade.StatusPendingAccounting {
		s += "with its next poll, or "
	}
	return s + "by " + by + " at the latest"
}

// late tells whether ingest should have published a send's message by now.
func late(e record.Entry, now time.Time) bool { return now.Sub(e.At) > ingest.OpeningHealed }
