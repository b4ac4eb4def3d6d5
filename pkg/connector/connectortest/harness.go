// Package connectortest is the conformance kit of connectors: cases that every
// connector has to pass before the posting protocol can rely on it. One line in
// a connector's tests runs them all:
//
//	connectortest.Run(t, connectortest.Harness{New: newTarget, Sample: sample})
//
// What an accounting system cannot do is declared in Harness.Lacks, with the reason.
// Its cases are skipped, and a substitute runs that shows what holds without it. What
// is declared missing and is there all the same fails, and so does what is neither
// declared nor there.
package connectortest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	// AddTax gives a document one sales tax of that amount which the company takes, with
	// what its lines need for it; the kit adds up the totals.
	AddTax func(d *tradepostv1.Document, amount string)
	// TooLate is how long a call may take before its time is over, in the cases of late
	// answers: enough to come to the write, on a busy machine too. Default: 300 ms.
	TooLate time.Duration
	// Faults are ways to spoil a document, by the code of the fault that the connector
	// has to answer it with: as many as the accounting system has reasons to refuse.
	Faults map[string]func(d *tradepostv1.Document)
	// Lacks says what the accounting system cannot do, and why. Cases that need it
	// are skipped with that reason, and a substitute runs that shows what holds without
	// it; whatever is not named here has to work.
	Lacks map[Capability]string
	// Told is called when a case has ended; may be nil.
	Told func(Result)
}

// Result is how a case ended.
type Result struct {
	Name   string
	Failed bool
	// Lacks is why the case was left out; "" where it ran.
	Lacks string
}

// tell reports the end of a case.
func (h Harness) tell(t *testing.T, name, lacks string) {
	if h.Told != nil {
		h.Told(Result{Name: name, Failed: t.Failed(), Lacks: lacks})
	}
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
	// ReadBack tells what the accounting system itself holds of the document of a marker,
	// not through the connector.
	ReadBack func(marker string) Kept
	// Copy makes a second document of the one with the marker, marker and all, as a
	// bookkeeper would.
	Copy func(marker string)
	// Delete removes the document of a marker as a bookkeeper would.
	Delete func(marker string)
	// Tamper changes the total of the document of a marker as a bookkeeper would.
	Tamper func(marker string)
	// LoseAnswers makes the accounting system commit, and then not answer, while on.
	LoseAnswers func(on bool)
	// FailAfterCommit makes the accounting system commit, and then answer with an error
	// of its own (a 5xx), while on.
	FailAfterCommit func(on bool)
	// SlowDown makes the accounting system commit, and then not answer before the call's
	// time is over, while on.
	SlowDown func(on bool)
	// Hide keeps what is written from every search while on, at most for the settling
	// time.
	Hide func(on bool)
	// Troubles are ways to take the accounting system away for a while, by the reason
	// that the connector has to wait with.
	Troubles map[string]func(on bool)
	// HandOver makes Create give documents away instead of making them, while on.
	HandOver func(on bool)
	// TakeUp is what the other side does with all that was handed over for a marker: it
	// makes the document, or refuses it.
	TakeUp func(marker string, refuse bool)
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
	// SalesTax: the company takes documents with sales tax.
	SalesTax Capability = "sales_tax"
	// ReadsBack: the harness can read the lines of a document in the books.
	ReadsBack Capability = "read_back"
	// Copies: a bookkeeper can make a second document with the same marker.
	Copies Capability = "copy"
	// ReportsCustomers: a Posted tells the customer that stands for the company of the
	// document, under an id that lasts. The sample has to name a company then.
	ReportsCustomers Capability = "reports_customers"
	// Previews: the connector is a PreviewChecker.
	Previews Capability = "preview"
	// KnownFaults: the accounting system refuses more than the cases above know.
	KnownFaults Capability = "known_faults"
	// ServerErrors: the accounting system can answer with an error after the commit.
	ServerErrors Capability = "server_errors"
	// SlowAnswers: the accounting system can answer too late.
	SlowAnswers Capability = "slow_answers"
	// HiddenWrites: the accounting system shows a write only after a while.
	HiddenWrites Capability = "hidden_writes"
	// Outages: the harness can take the accounting system away.
	Outages Capability = "outages"
	// Voids: the connector is a Voider.
	Voids Capability = "void"
	// PeriodLists: the connector is a PeriodLister.
	PeriodLists Capability = "list_period"
	// ChangeLists: the connector is a ChangeLister.
	ChangeLists Capability = "changed_since"
	// ReferenceData: the connector is a ReferenceLister.
	ReferenceData Capability = "reference_data"
	// IdempotentCreates: the connector is an IdempotentCreator.
	IdempotentCreates Capability = "idempotent_create"
	// HandOvers: the connector is a Confirmer.
	HandOvers Capability = "hand_over"
)

// Case is one thing that a connector has to do.
type Case struct {
	Name string
	// Needs are the capabilities without which the case makes no sense.
	Needs []Capability
	Run   func(k *Kit)
}

// Run runs all cases, each as a subtest with a company of its own, and for each
// capability that the harness declares missing its substitute.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			left := ""
			defer func() { h.tell(t, c.Name, left) }()
			for _, need := range c.Needs {
				if reason, lacks := h.Lacks[need]; lacks {
					left = reason
					t.Skipf("the harness declares %q missing: %s; the case %q runs instead", need, reason, without(need))
				}
			}
			c.Run(newKit(t, h, c.Needs))
		})
	}
	for _, missing := range slices.Sorted(maps.Keys(h.Lacks)) {
		t.Run(without(missing), func(t *testing.T) {
			defer func() { h.tell(t, without(missing), "") }()
			substitute := substitutes[missing]
			require.NotNil(t, substitute, "the kit knows no capability %q", missing)
			require.NotEmpty(t, h.Lacks[missing], "say why it is missing")
			k := newKit(t, h, nil)
			require.False(t, k.has()[missing], "the harness declares %q missing, and it is there", missing)
			substitute(k)
		})
	}
}

// Cases returns the cases in the order in which they run.
func Cases() []Case {
	var all []Case
	for _, list := range [][]Case{
		companyCases, createCases, findCases, workerCases, contentCases, lineCases, doubtCases, refusalCases, limitCases,
		troubleCases, updateCases, updateDoubtCases, customerCases, optionalCases, handedCases,
	} {
		all = append(all, list...)
	}
	return all
}

// Capabilities returns everything that a harness may declare missing.
func Capabilities() []Capability { return slices.Sorted(maps.Keys(substitutes)) }

// without names the substitute of a capability.
func without(c Capability) string { return "without " + string(c) }
