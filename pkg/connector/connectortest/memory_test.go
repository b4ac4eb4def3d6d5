package connectortest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// memory is an accounting system in memory, and the connector to it.
type memory struct {
	*system
	mistake mistake
	// alike says that nothing keeps a second document with the same marker out.
	alike bool
	// mine is what this connector made.
	mine map[string]bool
}

type system struct {
	mu      sync.Mutex
	id      string
	docs    []connector.Found
	markers []string
	seq     int
	// customers are the ids of customers, by code.
	customers map[string]string
	// kept is what the books hold beside the header, by the id of the document.
	kept map[string]connectortest.Kept
	// hidden documents are kept from every search.
	hidden map[string]bool
	// made is when each document was last changed, by marker.
	made map[string]int
	// parcels are documents that were handed over, by marker.
	parcels map[string]*parcel
	// The switches of the harness.
	lose, fail, slow, hide, handing bool
	trouble                         string
}

func (m *memory) Describe() connector.Descriptor {
	d := connector.Descriptor{
		Kind: "memory", Title: "Memory", CallTimeout: 5 * time.Second, MaxInFlight: 8, AtomicMarker: true,
		SettlingTime: 50 * time.Millisecond,
		Limits:       connector.Limits{NumberLength: 20, DescriptionLength: 400, Lines: 250},
	}
	if m.mistake == hidesSilently {
		d.SettlingTime = 0
	}
	return d
}

func (m *memory) Company(context.Context) (connector.Company, error) {
	if m.mistake == newCompany {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.seq++
		return connector.Company{ID: fmt.Sprint(m.id, m.seq)}, nil
	}
	return connector.Company{ID: m.id, Name: "Memory"}, nil
}

func (m *memory) Check(context.Context) []*tradepostv1.Fault { return nil }
func (m *memory) Close() error                               { return nil }

func (m *memory) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if err := ctx.Err(); err != nil && m.mistake != ignoresCancel {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.trouble != "" && m.mistake != emptyOutages {
		return nil, connector.Stop(m.waits(m.trouble))
	}
	var found []connector.Found
	for i, d := range m.docs {
		if m.hidden[m.markers[i]] || m.trouble != "" || m.mistake == saysNotMade && !m.mine[m.markers[i]] {
			continue
		}
		mixed := m.mistake == prefixMarkers && len(m.markers[i]) > len(q.Marker) && m.markers[i][:len(q.Marker)] == q.Marker
		if m.markers[i] == q.Marker || mixed {
			found = append(found, d)
		}
	}
	return m.narrow(q, found), nil
}

func (m *memory) Create(ctx context.Context, p connector.Posting) connector.Answer {
	if a := m.before(p); a != nil {
		return a
	}
	if r := m.refuse(p); r != nil {
		return *r
	}
	if ctx.Err() != nil {
		return m.waits(connector.ReasonCanceled)
	}
	err := connector.CheckFence(ctx)
	if err != nil && m.mistake != ignoresFence && m.mistake != sleepwalks || err == nil && ctx.Err() != nil && m.mistake != waitsAfter {
		return m.waits(connector.ReasonFenced)
	}
	if err != nil && m.mistake == sleepwalks && m.at(p.Document.GetMarker()) < 0 {
		return m.waits(connector.ReasonFenced) // it writes only where another worker did
	}
	made := m.make(p, err != nil)
	if ctx.Err() != nil {
		return m.waits(connector.ReasonCanceled)
	}
	return m.after(ctx, made)
}

func (m *memory) make(p connector.Posting, late bool) connector.Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	marker := p.Document.GetMarker()
	again := m.alike || m.mistake == doubles || m.mistake == sleepwalks && late || m.mistake == forgetsKeys && m.hidden[marker]
	if i := m.at(marker); i >= 0 && !again {
		if equal, diffs := connector.Equal(m.docs[i], p.Document, p.DocumentHash); !equal && m.mistake != adoptsAnything {
			return connector.Rejected{Faults: []*tradepostv1.Fault{m.fault(fmt.Sprint(diffs))}}
		}
		if m.mistake == silentOnAdoption {
			return connector.Posted{Document: m.docs[i], Adopted: true}
		}
		return connector.Posted{Document: m.docs[i], Adopted: true, Customers: m.customer(p.Document)}
	}
	m.hidden[marker] = m.hide
	m.mine[marker] = true
	m.markers = append(m.markers, marker)
	m.docs = append(m.docs, m.store(p, fmt.Sprint(marker, "/", len(m.docs))))
	return connector.Posted{Document: m.docs[len(m.docs)-1], Customers: m.customer(p.Document)}
}

// customer finds or makes the document's customer, by id or by code.
func (m *memory) customer(d *tradepostv1.Document) []connector.Customer {
	ref := d.GetCustomer().GetReference()
	id, there := m.customers[ref.GetValue()]
	byID := ref.GetBy() == tradepostv1.ReferenceBy_REFERENCE_BY_ID && m.mistake != namesTwice
	switch {
	case byID:
		id, there = ref.GetValue(), true
	case m.mistake == mixesCustomers:
		id = "customer"
	case !there || m.mistake == forgetsCustomers:
		m.seq++
		id = fmt.Sprint("customer ", m.seq)
	}
	if m.customers == nil {
		m.customers = map[string]string{}
	}
	m.customers[ref.GetValue()] = id
	return []connector.Customer{{Record: connector.RecordCompany, RecordID: d.GetCustomer().GetCompanyId(), ID: id, Created: !there}}
}

func (m *memory) at(marker string) int {
	for i, have := range m.markers {
		if have == marker {
			return i
		}
	}
	return -1
}

func (m *memory) store(p connector.Posting, id string) connector.Found {
	m.seq++
	m.made[p.Document.GetMarker()] = m.seq
	m.keep(p.Document, id)
	total := decimal.RequireFromString(p.Document.GetTotals().GetTotal())
	if m.mistake == dropsTax {
		total = decimal.RequireFromString(p.Document.GetTotals().GetSubtotal())
	}
	if m.mistake == losesCents {
		total = total.Round(1)
	}
	return connector.Found{
		Kind: p.Document.GetKind(), ID: id, Number: m.cut(p.Document.GetNumber()), Version: fmt.Sprint(m.seq),
		Total: total.StringFixed(2), DocumentHash: p.DocumentHash, IssueDate: p.Document.GetIssueDate(),
	}
}

func (m *memory) tamper(t *testing.T, marker string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.at(marker)
	if i < 0 {
		t.Fatalf("%s is not there", marker)
	}
	m.seq++
	m.docs[i].Total, m.docs[i].Version = "1.00", fmt.Sprint(m.seq)
	if m.mistake != oldChanges {
		m.made[marker] = m.seq
	}
	if m.mistake != keepsHash {
		m.docs[i].DocumentHash = ""
	}
}

func (m *memory) count(marker string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, have := range m.markers {
		if have == marker {
			n++
		}
	}
	return n
}

func (m *memory) remove(marker string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.at(marker); i >= 0 {
		m.docs = append(m.docs[:i], m.docs[i+1:]...)
		m.markers = append(m.markers[:i], m.markers[i+1:]...)
	}
}
