package connectortest_test

import (
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// newest is how many documents a find that is wrong looks through.
const newest = 50

// keep stores lines and tax of a document.
func (m *memory) keep(d *tradepostv1.Document, id string) {
	old, there := m.kept[id]
	kept := connectortest.Kept{Tax: d.GetTotals().GetTax()}
	for _, ln := range d.GetLines() {
		one := connectortest.KeptLine{Description: ln.GetDescription(), Amount: ln.GetAmount()}
		if m.mistake == dropsTexts {
			one.Description = ""
		}
		kept.Lines = append(kept.Lines, one)
	}
	switch {
	case m.mistake == dropsLines:
		kept.Lines = kept.Lines[:1]
	case m.mistake == hidesTax:
		kept.Tax = ""
	case m.mistake == updatesHeader && there:
		kept.Lines = old.Lines
	case m.mistake == updatesNoTax && there:
		kept.Tax = old.Tax
	}
	m.kept[id] = kept
}

// readBack is what the system itself holds of a document.
func (m *memory) readBack(marker string) connectortest.Kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.at(marker); i >= 0 {
		return m.kept[m.docs[i].ID]
	}
	return connectortest.Kept{}
}

// duplicate is a bookkeeper's copy, marker and all.
func (m *memory) duplicate(marker string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.at(marker); i >= 0 {
		second := m.docs[i]
		second.ID, second.DocumentHash = fmt.Sprint(marker, "/copy"), ""
		m.docs, m.markers = append(m.docs, second), append(m.markers, marker)
	}
}

// narrow is where a find that is wrong leaves documents out.
func (m *memory) narrow(q connector.Query, found []connector.Found) []connector.Found {
	switch {
	case m.mistake == seesNewest && len(m.docs)-m.at(q.Marker) > newest:
		return nil
	case m.mistake == tellsOne && len(found) > 1:
		return found[:1]
	case m.mistake == prefersID && q.ID != "":
		for _, f := range found {
			if f.ID == q.ID {
				return []connector.Found{f}
			}
		}
	}
	return found
}
