package posting_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// settling is how long a document of books stays invisible to a search.
const settling = 2 * time.Second

// books is the hardest accounting system there is: no idempotency key, no unique
// index, and a document can only be found by its marker, a while after the write.
type books struct {
	mu      sync.Mutex
	entries []*entry
	finds   int
	creates int
	// updates counts the updates that got past the fence.
	updates int
	// before and after run around a create's write, with no lock held.
	before, after func(ctx context.Context, p connector.Posting) connector.Answer
	// onFind runs at the beginning of a find.
	onFind func() error
	// onUpdate runs at the beginning of an update.
	onUpdate func()
	// slowest is the longest that one call takes; 10 s when 0.
	slowest time.Duration
	// keepsHashes makes the books keep the document hash with a document.
	keepsHashes bool
	// byID makes a find by id return the document, whatever its marker.
	byID bool
	// spoil changes the total of what is created.
	spoil string
	// customers are those that a create tells.
	customers []connector.Customer
}

type entry struct {
	found   connector.Found
	marker  string
	written time.Time
}

func (b *books) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: "books", Title: "Books", CallTimeout: cmp.Or(b.slowest, 10*time.Second), SettlingTime: settling, MaxInFlight: 4,
	}
}

func (b *books) Company(context.Context) (connector.Company, error) {
	return connector.Company{ID: "1", Name: "Books"}, nil
}
func (b *books) Check(context.Context) []*tradepostv1.Fault { return nil }
func (b *books) Close() error                               { return nil }

func (b *books) Find(_ context.Context, q connector.Query) ([]connector.Found, error) {
	if b.onFind != nil {
		if err := b.onFind(); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finds++
	var found []connector.Found
	for _, e := range b.entries {
		if (e.marker == q.Marker || b.byID && e.found.ID == q.ID) && time.Since(e.written) >= settling {
			found = append(found, e.found)
		}
	}
	return found, nil
}

func (b *books) Create(ctx context.Context, p connector.Posting) connector.Answer {
	if b.before != nil {
		if a := b.before(ctx, p); a != nil {
			return a
		}
	}
	if err := connector.CheckFence(ctx); err != nil {
		return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonFenced, Message: err.Error()}
	}
	f := b.insert(p)
	if b.after != nil {
		if a := b.after(ctx, p); a != nil {
			return a
		}
	}
	return connector.Posted{Document: f, Customers: b.customers}
}

func (b *books) insert(p connector.Posting) connector.Found {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.creates++
	f := connector.Found{
		Kind: p.Document.GetKind(), ID: fmt.Sprint(len(b.entries) + 1), Number: p.Document.GetNumber(), Version: "1",
		Total: p.Document.GetTotals().GetTotal(), IssueDate: p.Document.GetIssueDate(),
	}
	if b.spoil != "" {
		f.Total = b.spoil
	}
	if b.keepsHashes {
		f.DocumentHash = p.DocumentHash
	}
	b.entries = append(b.entries, &entry{found: f, marker: p.Document.GetMarker(), written: time.Now()})
	return f
}

// Update implements connector.Updater.
func (b *books) Update(ctx context.Context, p connector.Posting, f connector.Found) connector.Answer {
	if b.onUpdate != nil {
		b.onUpdate()
	}
	if connector.CheckFence(ctx) != nil {
		return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonFenced}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates++
	for _, e := range b.entries {
		if e.found.ID == f.ID && e.found.Version == f.Version {
			e.found.Version += "+"
			e.found.Total, e.found.IssueDate = p.Document.GetTotals().GetTotal(), p.Document.GetIssueDate()
			if b.keepsHashes {
				e.found.DocumentHash = p.DocumentHash
			}
			return connector.Posted{Document: e.found}
		}
	}
	answer := connector.Rejected{Faults: []*tradepostv1.Fault{fault.New("document.changed_in_books", fault.Args{Params: map[string]string{"number": f.Number}})}}
	for _, e := range b.entries {
		if e.found.ID == f.ID {
			there := e.found
			answer.Document = &there
		}
	}
	return answer
}

func (b *books) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.entries)
}

func (b *books) remove() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = nil
}
