package connectortest_test

import (
	"context"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// parcel is a document that was handed over, and what became of it.
type parcel struct {
	posting connector.Posting
	refused bool
	// before is what was handed over earlier under the same marker.
	before *parcel
}

const tokenOf = "file of "

// hand gives the document away, while the switch is on; nil makes it as usual.
func (f *full) hand(ctx context.Context, p connector.Posting) connector.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.handing {
		return nil
	}
	if connector.CheckFence(ctx) != nil && f.mistake != handsFenced {
		return f.waits(connector.ReasonFenced)
	}
	one := &parcel{posting: p}
	if f.mistake == handsTwice {
		one.before = f.parcels[p.Document.GetMarker()]
	}
	f.parcels[p.Document.GetMarker()] = one
	f.mine[p.Document.GetMarker()] = true
	return connector.Handed{Token: tokenOf + p.Document.GetMarker()}
}

func (f *full) Create(ctx context.Context, p connector.Posting) connector.Answer {
	if a := f.hand(ctx, p); a != nil {
		return a
	}
	return f.memory.Create(ctx, p)
}

// Confirm goes by the token, as a file's name in the log of an import.
func (f *full) Confirm(ctx context.Context, h connector.HandedOver) connector.Answer {
	if ctx.Err() != nil && f.mistake != confirmsBlindly {
		return f.waits(connector.ReasonCanceled)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	marker := h.Token[len(tokenOf):]
	i, there := f.at(marker), f.parcels[marker]
	switch {
	case ctx.Err() != nil, f.mistake == forgetsParcels && !f.mine[marker], there.refused && f.mistake != losesRefusals:
		return connector.Rejected{Faults: []*tradepostv1.Fault{f.fault("refused")}}
	case f.mistake == mixesParcels && len(f.docs) > 0:
		return connector.Posted{Document: f.docs[0]}
	case i >= 0:
		return connector.Posted{Document: f.docs[i]}
	case f.mistake == confirmsEarly:
		return connector.Posted{Document: f.store(there.posting, "1")}
	}
	return connector.Handed{Token: h.Token}
}

// takeUp is the other program.
func (m *memory) takeUp(marker string, refuse bool) {
	m.mu.Lock()
	p := m.parcels[marker]
	p.refused = refuse
	m.mu.Unlock()
	for ; p != nil && !refuse; p = p.before {
		(&memory{system: m.system, alike: m.mistake == handsTwice, mine: m.mine}).make(p.posting, false)
	}
}
