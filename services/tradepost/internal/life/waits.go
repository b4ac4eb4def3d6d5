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
		return asked(e, zone, now, false)
	case record.Outcome, record.Settling:
		return "ServiceTrade to take status and comment"
	default:
		return ""
	}
}

// asked tells of a claim in force. cameBack says that its message came to another worker,
// which is what happens when the process that has the claim gives no sign of life. Nobody
// makes the document a second time before the call's time is over: the books may be at it.
func asked(e record.Entry, zone *time.Location, now time.Time, cameBack bool) string {
	owner := " (" + fault.OneLine(e.Record.GetClaim().GetOwner()) + ")"
	since, again, ok := record.Unanswered(e, now)
	if since.IsZero() || (!ok && !cameBack) {
		return "the books: they are being asked" + owner
	}
	who := "a process that stopped, or that still waits for it,"
	if cameBack {
		who = "a stopped process"
	}
	return "the answer of a call that " + who + " sent at " + since.In(zone).Format(time.TimeOnly) +
		"; looked for again at " + again.In(zone).Format(time.TimeOnly) + owner
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
