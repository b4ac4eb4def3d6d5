package benchstages

import (
	"context"
	"fmt"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Kind is the connector's word in the configuration.
const Kind = "memory"

// inFlight is how many documents are worked on at once: as many as transform takes,
// so that the target is never what the benchmark waits for.
const inFlight = 32

// Registration makes the target in memory known. Each connector that it makes is a
// company of its own: a benchmark has one connection.
func Registration() connector.Registration {
	return connector.Registration{
		Kind: Kind, Title: "Memory",
		New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
			return newTarget("memory of " + s.Connection), nil
		},
	}
}

// target keeps documents by marker. It needs no idempotency key: it can be asked,
// and the protocol asks.
type target struct {
	*company
}

type company struct {
	id   string
	mu   sync.Mutex
	docs map[string]connector.Found
	next int
}

func newTarget(id string) *target {
	return &target{&company{id: id, docs: map[string]connector.Found{}}}
}

func (t *target) Describe() connector.Descriptor {
	return connector.Descriptor{Kind: Kind, Title: "Memory", CallTimeout: 10 * time.Second, MaxInFlight: inFlight, AtomicMarker: true}
}

func (t *target) Company(context.Context) (connector.Company, error) {
	return connector.Company{ID: t.id, Name: "Memory"}, nil
}

func (t *target) Check(context.Context) []*tradepostv1.Fault { return nil }
func (t *target) Close() error                               { return nil }

func (t *target) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.docs[q.Marker]; ok {
		return []connector.Found{f}, nil
	}
	return nil, nil
}

func (t *target) Create(ctx context.Context, p connector.Posting) connector.Answer {
	if ctx.Err() != nil {
		return wait(connector.ReasonCanceled)
	}
	if connector.CheckFence(ctx) != nil {
		return wait(connector.ReasonFenced)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	d := p.Document
	if f, taken := t.docs[d.GetMarker()]; taken {
		return t.adopt(f, p)
	}
	t.next++
	f := connector.Found{
		Kind: d.GetKind(), ID: fmt.Sprint(t.next), Number: d.GetNumber(), Version: "1",
		Total: d.GetTotals().GetTotal(), DocumentHash: p.DocumentHash, IssueDate: d.GetIssueDate(),
	}
	t.docs[d.GetMarker()] = f
	return connector.Posted{Document: f}
}

func (t *target) adopt(f connector.Found, p connector.Posting) connector.Answer {
	if equal, differences := connector.Equal(f, p.Document, p.DocumentHash); !equal {
		return connector.Rejected{Faults: []*tradepostv1.Fault{{
			Code: "document.different_found", Owner: tradepostv1.FaultOwner_FAULT_OWNER_BOOKKEEPER,
			Message: fmt.Sprintf("%s is there already: %v", p.Document.GetMarker(), differences),
			Fix:     "Begin the benchmark anew: its target holds a document of other content.",
		}}}
	}
	return connector.Posted{Document: f, Adopted: true}
}

func wait(reason string) connector.Wait {
	return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: reason}
}
