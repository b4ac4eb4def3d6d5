package posting_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/deliver/internal/posting"
)

// ledger is a poster to a new hledger directory.
func (w *workbench) ledger() (p *posting.Poster, dir string) {
	w.t.Helper()
	dir = w.t.TempDir()
	l, err := hledger.New(hledger.Config{JournalDir: dir, Check: hledger.CheckWhenInstalled, Program: "no-such-hledger"},
		connector.Settings{Connection: "acme-books", Log: w.gate.Log})
	require.NoError(w.t, err)
	_, err = l.Company(w.t.Context())
	require.NoError(w.t, err)
	p = w.poster("a")
	p.Connector = l
	return p, dir
}

// sendOf opens a send, two minutes later, of an invoice of that total that becomes these
// documents.
func (w *workbench) sendOf(total string, docs ...*tradepostv1.Document) bus.Message {
	w.t.Helper()
	time.Sleep(2 * time.Minute) // fake time
	w.invoice = w.showing(total)
	r := w.ready(w.open())
	r.Documents = docs
	return w.replay(r)
}

// whole is the document of an invoice that is not split; a negative total makes it a
// credit memo.
func whole(total string) *tradepostv1.Document {
	amount, negative := total, total[0] == '-'
	if negative {
		amount = total[1:]
	}
	d := document(amount, "2026-11-22")
	d.Lines[0].Description = "Labor"
	d.Source.Total = total
	if negative {
		d.Kind = creditMemo
	}
	return d
}

// halves are the two documents of an invoice that is split.
func halves(charges, credits string) []*tradepostv1.Document {
	invoice, memo := whole(charges), whole("-"+credits)
	invoice.Source.Split, memo.Source.Split = true, true
	memo.Marker += "-c"
	memo.Number += "C"
	return []*tradepostv1.Document{invoice, memo}
}

// removed deletes the files of the ledger that fit, as a bookkeeper does.
func removed(t *testing.T, dir, pattern string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*", pattern))
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.NoError(t, os.Remove(all[0]))
}

// The credit line is taken out: the credit memo has to go, and the comment names it.
func TestTheCreditMemoOfASplitThatIsNoneAnyMore(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, dir := w.ledger()
		w.deliver(p, w.sendOf("522.50", halves("600.00", "77.50")...))
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		faults := w.outcome().GetOutcome().GetRejected().GetFaults()
		require.Len(t, faults, 1)
		require.Equal(t, "document.split_changed", faults[0].GetCode())
		require.Equal(t, "Credit memo 1042C", faults[0].GetThing())
		require.Contains(t, faults[0].GetFix(), "Credit memo 1042C")

		removed(t, dir, "*-c.journal")
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
	})
}

// All of a split becomes a credit: both of its documents have to go, which one comment
// says, and the credit memo is then made under the invoice's own marker.
func TestASplitThatBecomesACreditMemo(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, dir := w.ledger()
		w.deliver(p, w.sendOf("522.50", halves("600.00", "77.50")...))
		w.deliver(p, w.sendOf("-77.50", whole("-77.50")))
		require.Equal(t, []string{"document.kind_changed", "document.split_changed"}, w.faults())

		removed(t, dir, "st-acme-*[0-9].journal")
		w.deliver(p, w.sendOf("-77.50", whole("-77.50")))
		require.Equal(t, []string{"document.split_changed"}, w.faults())

		removed(t, dir, "*-c.journal")
		w.deliver(p, w.sendOf("-77.50", whole("-77.50")))
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
		removed(t, dir, "st-acme-*[0-9].journal") // it is there, alone
	})
}

// A credit memo that becomes a split has to go as well: its marker is the invoice's.
func TestACreditMemoThatBecomesASplit(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, dir := w.ledger()
		w.deliver(p, w.sendOf("-77.50", whole("-77.50")))
		w.deliver(p, w.sendOf("522.50", halves("600.00", "77.50")...))
		require.Equal(t, []string{"document.kind_changed"}, w.faults())
		removed(t, dir, "st-acme-*.journal")
		w.deliver(p, w.sendOf("522.50", halves("600.00", "77.50")...))
		require.Len(t, w.outcome().GetOutcome().GetPosted().GetDocuments(), 2, "%v", w.outcome())
	})
}

// A worker dies right after its claim, in a send that made a credit memo of the invoice:
// what stands in the books is the invoice, and the record goes on knowing it as that.
func TestAnInvoiceIsNoCreditMemoThatAnAttemptLeft(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		p, _ := w.ledger()
		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		m := w.sendOf("-77.50", whole("-77.50"))
		dead := w.poster("dead")
		dead.Connector = &mortal{Ledger: p.Connector.(*hledger.Ledger), dies: true}
		require.Panics(t, func() { _ = dead.Handle(t.Context(), m) })
		w.deliver(p, m)
		require.Equal(t, []string{"document.kind_changed"}, w.faults())
		require.Len(t, w.record().GetDocuments(), 1)
		require.Nil(t, w.record().GetUnresolved())

		w.deliver(p, w.sendOf("600.00", whole("600.00")))
		require.NotNil(t, w.outcome().GetOutcome().GetPosted(), "%v", w.outcome())
	})
}

// What was handed over as a credit memo is not made certain by an invoice.
func TestAnInvoiceIsNoEvidenceOfACreditMemo(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.books.before = func(context.Context, connector.Posting) connector.Answer { return connector.Handed{Token: "file 7"} }
		w.deliver(w.poster("a"), w.sendOf("-77.50", whole("-77.50")))
		require.Equal(t, record.Handed, w.record().GetState())
		w.enter("7", "77.50", ours)
		w.confirm(w.poster("a"))
		require.Equal(t, record.Handed, w.record().GetState())
		w.enter("8", "77.50", ours)
		w.books.entries[1].found.Kind, w.books.entries[1].found.Number = creditMemo, "1042"
		w.confirm(w.poster("a"))
		require.Equal(t, record.Outcome, w.record().GetState())
		require.Equal(t, "8", record.Live(w.record(), creditMemo).GetId())
	})
}
