package mapit

import (
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// Policy refuses what the mapping wants refused, and what it asks for and cannot have.
func (r Resolver) Policy(inv *normalise.Invoice) []*tradepostv1.Fault {
	var faults []*tradepostv1.Fault
	refuse := func(code, path string, params map[string]string) {
		if params == nil {
			params = map[string]string{}
		}
		params["connection"] = r.Connection
		faults = append(faults, fault.New(code, fault.Args{Path: path, Params: params}))
	}
	p := r.Mapping.Policy
	if inv.Partial && p.Partial == mapping.PartialHold {
		refuse("invoice.partial_held", "partial", nil)
	}
	if inv.Total.OK && inv.Total.Value.IsZero() && p.Zero == mapping.ZeroRefuse {
		refuse("invoice.zero_refused", "totalPrice", nil)
	}
	if inv.Total.OK && inv.Total.Value.Sign() < 0 && p.Negative == mapping.NegativeRefuse {
		refuse("invoice.negative_refused", "totalPrice", map[string]string{"total": inv.Total.Text})
	}
	if p.Mixed == mapping.MixedRefuse && Mixed(inv) {
		refuse("invoice.mixed_signs", "items", nil)
	}
	if r.Mapping.Numbers.Source == mapping.NumberFromJob && normalise.OneLine(inv.Job.GetNumber()) == "" {
		refuse("number.job_missing", "job.number", nil)
	}
	return faults
}

// Mixed tells whether an invoice has lines of both signs.
func Mixed(inv *normalise.Invoice) bool {
	var up, down bool
	for _, l := range inv.Lines {
		up = up || l.Amount.Sign() > 0
		down = down || l.Amount.Sign() < 0
	}
	return up && down
}
