package connectortest_test

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

func (s *system) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// show ends what hide began.
func (s *system) show() {
	if !s.hide {
		clear(s.hidden)
	}
}

func trouble(on bool, reason string) string {
	if on {
		return reason
	}
	return ""
}

func (m *memory) waits(reason string) connector.Wait {
	return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: reason}
}

// before is what keeps a create from beginning.
func (m *memory) before(connector.Posting) connector.Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.trouble == "":
		return nil
	case m.mistake == refusesOutages:
		return connector.Rejected{Faults: []*tradepostv1.Fault{m.fault("away")}}
	default:
		return m.waits(m.trouble)
	}
}

// after is what becomes of the answer once the document is there.
func (m *memory) after(ctx context.Context, made connector.Answer) connector.Answer {
	m.mu.Lock()
	lose, fail, slow := m.lose, m.fail, m.slow
	m.mu.Unlock()
	switch {
	case fail && m.mistake == refusesErrors:
		return connector.Rejected{Faults: []*tradepostv1.Fault{m.fault("internal error")}}
	case lose, fail:
		return connector.Uncertain{Reason: "connection_reset"}
	case slow && m.mistake == hangs:
		late := time.NewTimer(7 * time.Second)
		<-late.C
	case slow:
		<-ctx.Done()
	default:
		return made
	}
	return connector.Uncertain{Reason: connector.ReasonTimeout}
}

// refuse is what the system does not take.
func (m *memory) refuse(p connector.Posting) *connector.Rejected {
	d, limits := p.Document, m.Describe().Limits
	var f *tradepostv1.Fault
	switch {
	case d.GetLines()[0].GetRevenueAccount().GetValue() == "nowhere":
		f = m.fault("no such account")
	case d.GetCurrency() == "XXX":
		f = m.fault("no such currency")
		if m.mistake != wrongCodes {
			f.Code = "currency.not_in_books"
		}
	case len(d.GetNumber()) > limits.NumberLength && m.mistake != cutsNumbers,
		len(d.GetLines()) > limits.Lines, tooLong(d, limits.DescriptionLength):
		f = m.fault("too large")
	default:
		return nil
	}
	if m.mistake == newWords {
		f.VendorText = rand.Text()
	}
	return &connector.Rejected{Faults: []*tradepostv1.Fault{f}}
}

func tooLong(d *tradepostv1.Document, limit int) bool {
	for _, ln := range d.GetLines() {
		if len([]rune(ln.GetDescription())) > limit {
			return true
		}
	}
	return false
}

func (m *memory) cut(number string) string {
	return number[:min(len(number), m.Describe().Limits.NumberLength)]
}

func (m *memory) fault(message string) *tradepostv1.Fault {
	f := &tradepostv1.Fault{Code: "account.not_in_books", Message: strings.TrimSpace(message), Fix: "Mend it.", Owner: 2}
	if m.mistake == silentFaults {
		f.Fix = ""
	}
	return f
}
