package stage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/canonical"
)

// OutcomeHash is what an outcome is known by: the record, its message and the comment
// about it. The vendor's ids of calls are left out, since the same refusal has another
// one each time, and people are told of it but once.
func OutcomeHash(o *tradepostv1.Outcome) (string, error) {
	bare := proto.CloneOf(o)
	for _, faults := range [][]*tradepostv1.Fault{bare.GetRejected().GetFaults(), bare.GetPosted().GetRemarks()} {
		for _, f := range faults {
			f.VendorTraceId = ""
		}
	}
	return canonical.Message(bare)
}

// Recorded is what the record keeps of an outcome that a stage came to: kind, hash, codes and
// documents, but no texts. An outcome that does not close a send (wait, handed,
// uncertain) has no kind.
func Recorded(stage string, o *tradepostv1.Outcome, hash string) *tradepostv1.RecordedOutcome {
	r := &tradepostv1.RecordedOutcome{Stage: stage, Hash: hash}
	switch o.GetResult().(type) {
	case *tradepostv1.Outcome_Posted:
		r.Kind = tradepostv1.OutcomeKind_OUTCOME_KIND_POSTED
		r.Documents, r.NumberAssigned = o.GetPosted().GetDocuments(), o.GetPosted().GetNumberAssigned()
		r.FaultCodes = codes(o.GetPosted().GetRemarks())
	case *tradepostv1.Outcome_Rejected:
		r.Kind = tradepostv1.OutcomeKind_OUTCOME_KIND_REJECTED
		r.Documents = o.GetRejected().GetDocuments()
		r.FaultCodes = codes(o.GetRejected().GetFaults())
	case *tradepostv1.Outcome_Withdrawn:
		r.Kind = tradepostv1.OutcomeKind_OUTCOME_KIND_WITHDRAWN
	case *tradepostv1.Outcome_Superseded:
		r.Kind = tradepostv1.OutcomeKind_OUTCOME_KIND_SUPERSEDED
	}
	return r
}

func codes(faults []*tradepostv1.Fault) []string {
	var all []string
	for _, f := range faults {
		all = append(all, f.GetCode())
	}
	return all
}

// SendOutcome publishes how a send came out. of is the subject of the message
// that caused it. The same outcome of the same send is one message, however often
// it is published within the stream's dedupe window.
func (g *Gate) SendOutcome(ctx context.Context, of bus.Subject, send int64, snapshotHash string, o *tradepostv1.Outcome, hash string) error {
	to := of.To(bus.StageOutcome)
	id := fmt.Sprintf("outcome/%s/%d/%d/%s", to.Connection, to.InvoiceID, send, hash[:16])
	return g.Bus.Send(ctx, to, id, &tradepostv1.InvoiceOutcome{
		Send: send, SnapshotHash: snapshotHash, Outcome: o, OutcomeHash: hash,
	})
}
