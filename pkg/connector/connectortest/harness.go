// Package connectortest is the conformance kit of connectors: cases that every
// connector has to pass before the posting protocol can rely on it. One line in
// a connector's tests runs them all:
//
//	connectortest.Run(t, connectortest.Harness{New: newTarget, Sample: sample})
package connectortest

import (
	"testing"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Harness is what the kit needs to know about a connector.
type Harness struct {
	// New makes a fresh, empty company that accepts the sample, and a connector to
	// it. Every case gets its own; t cleans up.
	New func(t *testing.T) Target
	// Sample returns an invoice that the company accepts: one line, a number, a
	// total of more than 10, no tax, marker st-kit-<invoiceID>. Each call returns a
	// new message that the kit may change.
	Sample func(invoiceID int64) *tradepostv1.Document
	// UnknownAccount changes a document so that it names an account or item that
	// the company does not have.
	UnknownAccount func(d *tradepostv1.Document)
	// UnknownCustomer changes a document so that it names a customer that the
	// company does not have and that may not be created.
	UnknownCustomer func(d *tradepostv1.Document)
	// OtherCustomer changes a document so that it is of another ServiceTrade company
	// than the sample, and of another customer, whom the company has or may create.
	OtherCustomer func(d *tradepostv1.Document)
	// Lacks says what the accounting system cannot do, and why. Cases that need it
	// are skipped with that reason; whatever is not named here has to work.
	Lacks map[Capability]string
}

// Target is one company of the accounting system, seen from both sides.
type Target struct {
	// Connector is used by the cases.
	Connector connector.Connector
	// Reopen makes another connector to the same company, as after a restart.
	Reopen func() connector.Connector
	// Count counts the documents of a marker in the accounting system itself, not
	// through the connector.
	Count func(marker string) int
	// Delete removes the document of a marker as a bookkeeper would.
	Delete func(marker string)
	// Tamper changes the total of the document of a marker as a bookkeeper would.
	Tamper func(marker string)
	// LoseAnswers makes the accounting system commit, and then not answer, while on.
	LoseAnswers func(on bool)
}

// Capability is something that not every accounting system can do.
type Capability string

// What a harness may declare as missing.
const (
	// Updates: the connector is an Updater.
	Updates Capability = "update"
	// CreditMemos: the accounting system takes credit memos.
	CreditMemos Capability = "credit_memo"
	// ContentHash: Find returns the hash of an untouched document's content.
	ContentHash Capability = "content_hash"
	// UniqueNumbers: the accounting system refuses a number that is in use.
	UniqueNumbers Capability = "unique_numbers"
	// Deletes: a bookkeeper can remove a document.
	Deletes Capability = "delete"
	// Tampering: a bookkeeper can change a posted document.
	Tampering Capability = "tamper"
	// LostAnswers: the harness can lose an answer after the commit.
	LostAnswers Capability = "lost_answers"
	// KnownAccounts: the accounting system refuses accounts that it does not have.
	KnownAccounts Capability = "known_accounts"
	// KnownCustomers: the accounting system refuses customers that it does not have.
	KnownCustomers Capability = "known_customers"
	// ZeroTotals: the accounting system takes a document over 0.00.
	ZeroTotals Capability = "zero_total"
	// ReportsCustomers: a Posted tells the customer that stands for the company of the
	// document, under an id that lasts. The sample has to name a company then.
	ReportsCustomers Capability = "reports_customers"
	// Previews: the connector is a PreviewChecker.
	Previews Capability = "preview"
)

// Case is one thing that a connector has to do.
type Case struct {
	Name string
	// Needs are the capabilities without which the case makes no sense.
	Needs []Capability
	Run   func(k *Kit)
}

// Run runs all cases, each as a subtest with a company of its own.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			for _, need := range c.Needs {
				if reason, lacks := h.Lacks[need]; lacks {
					t.Skipf("the harness declares %q missing: %s", need, reason)
				}
			}
			c.Run(newKit(t, h, c.Needs))
		})
	}
}

// Cases returns the cases in the order in which they run.
func Cases() []Case {
	var all []Case
	for _, list := range [][]Case{companyCases, createCases, contentCases, doubtCases, refusalCases, updateCases, customerCases} {
		all = append(all, list...)
	}
	return all
}
