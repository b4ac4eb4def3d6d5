package connectortest_test

import (
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func (m *memory) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	if ctx.Err() != nil {
		return m.waits(connector.ReasonCanceled)
	}
	err := connector.CheckFence(ctx)
	if err == nil && ctx.Err() != nil && m.mistake != updateStops {
		return m.waits(connector.ReasonCanceled)
	}
	answer := m.change(p, found, err)
	if _, posted := answer.(connector.Posted); !posted {
		return answer
	}
	if ctx.Err() != nil {
		return m.waits(connector.ReasonCanceled)
	}
	return m.afterUpdate(ctx, answer)
}

func (m *memory) change(p connector.Posting, found connector.Found, fenced error) connector.Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.at(p.Document.GetMarker())
	switch {
	case i < 0 || fenced != nil:
		return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonChanged}
	case m.docs[i].DocumentHash == p.DocumentHash:
		return connector.Posted{Document: m.docs[i], Adopted: true}
	case m.docs[i].Version != found.Version && m.mistake != staleUpdates:
		there := m.docs[i]
		return connector.Rejected{Document: &there, Written: m.mistake == ownsChanges, Faults: []*tradepostv1.Fault{m.fault("changed")}}
	}
	m.docs[i] = m.store(p, found.ID)
	return connector.Posted{Document: m.docs[i], Customers: m.customer(p.Document)}
}

// afterUpdate is what becomes of the answer once the document is changed.
func (m *memory) afterUpdate(ctx context.Context, changed connector.Answer) connector.Answer {
	m.mu.Lock()
	lose, fail, slow := m.lose, m.fail, m.slow
	m.mu.Unlock()
	switch {
	case (lose || fail || slow) && m.mistake == updateWaits:
		return m.waits("unreachable")
	case fail && m.mistake == updateRefuses:
		return connector.Rejected{Faults: []*tradepostv1.Fault{m.fault("internal error")}}
	case slow && m.mistake == updateHangs:
		late := time.NewTimer(time.Minute)
		<-late.C
	}
	return m.after(ctx, changed)
}
