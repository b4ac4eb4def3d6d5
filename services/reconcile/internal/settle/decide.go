package settle

import (
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// step is what settling does to the invoice in ServiceTrade.
type step int

const (
	// stepWithdraw: a user moved the invoice; it is left alone.
	stepWithdraw step = iota
	// stepSupersede: a user changed the invoice; the next poll opens the next send.
	stepSupersede
	// stepProcess: write processed.
	stepProcess
	// stepProcessed: it shows processed already; nothing is written.
	stepProcessed
	// stepFail: comment, then write failed.
	stepFail
	// stepUnknown: the record holds a kind of outcome that this program does not know.
	stepUnknown
	// stepVoided: it is void, as when the send was opened; it is told what was done in
	// the books.
	stepVoided
	// stepComment: it shows failed already; only the comment is made sure of.
	stepComment
)

// decide tells what to do with an invoice as ServiceTrade shows it right now. inv
// is nil when it is gone for certain; same says that its content is the snapshot's. A status that a user chose always wins, and
// so does content that a user changed.
func decide(r *tradepostv1.Record, inv *tradepostv1.ServiceTradeInvoice, same bool) step {
	posted := r.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED
	rejected := r.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED
	status := inv.GetStatus()
	switch {
	case !known(r.GetOutcome().GetKind()):
		return stepUnknown
	case inv == nil:
		return stepWithdraw
	case record.OfVoid(r):
		return decideVoid(r, status)
	case posted && status == servicetrade.StatusProcessed:
		return stepProcessed
	case status != servicetrade.StatusPendingAccounting && status != servicetrade.StatusFailed,
		status == servicetrade.StatusFailed && r.GetStartStatus() != servicetrade.StatusFailed && !rejected:
		return stepWithdraw
	case !same:
		return stepSupersede
	case posted:
		return stepProcess
	case rejected && status == servicetrade.StatusFailed:
		return stepComment
	case rejected:
		return stepFail
	case r.GetOutcome().GetKind() == tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED:
		return stepSupersede
	default:
		return stepWithdraw
	}
}

// decideVoid is decide for an invoice that was voided after it was posted. Its status is
// never written.
func decideVoid(r *tradepostv1.Record, status string) step {
	if status != servicetrade.StatusVoid {
		return stepWithdraw
	}
	switch r.GetOutcome().GetKind() {
	case tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED, tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED:
		return stepVoided
	default:
		if len(record.Standing(r)) == 0 {
			return stepVoided // Somebody was faster: there was nothing left to take back.
		}
		return stepWithdraw // It was not void for a moment; the void comes again.
	}
}

// known tells whether this program knows a kind of outcome. A newer deliver may
// write one that it does not.
func known(k tradepostv1.OutcomeKind) bool {
	_, named := tradepostv1.OutcomeKind_name[int32(k)]
	return named && k != tradepostv1.OutcomeKind_OUTCOME_KIND_UNSPECIFIED
}
