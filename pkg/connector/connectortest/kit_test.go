package connectortest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const mistakeVariable = "TRADEPOST_KIT_MISTAKE"

var companies atomic.Int64

// TestKit passes with a good connector; TestKitHasTeeth runs it in a process of
// its own with a bad one.
func TestKit(t *testing.T) {
	wrong := mistake(os.Getenv(mistakeVariable))
	connectortest.Run(t, connectortest.Harness{
		New: func(t *testing.T) connectortest.Target {
			m := &memory{system: &system{id: fmt.Sprint("company ", companies.Add(1), " ")}, mistake: wrong}
			return connectortest.Target{
				Connector: m,
				Reopen:    func() connector.Connector { return &memory{system: m.system, mistake: wrong} },
				Count:     m.count,
				Delete:    m.remove,
				Tamper:    func(marker string) { m.tamper(t, marker) },
			}
		},
		Sample: sample,
		UnknownAccount: func(d *tradepostv1.Document) {
			d.Lines[0].RevenueAccount = &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "nowhere"}
		},
		OtherCustomer: func(d *tradepostv1.Document) { d.Customer.CompanyId, d.Customer.Reference.Value = 8, "C2" },
		Lacks: map[connectortest.Capability]string{
			connectortest.UniqueNumbers:  "not in memory",
			connectortest.LostAnswers:    "memory always answers",
			connectortest.KnownCustomers: "memory knows no customers",
			connectortest.Previews:       "memory has no preview",
		},
	})
}

func TestKitHasTeeth(t *testing.T) {
	if os.Getenv(mistakeVariable) != "" {
		t.Skip("this is the process with the bad connector")
	}
	bites := map[mistake]string{
		doubles:          "the_same_posting_twice_makes_one_document",
		ignoresFence:     "a_fenced_write_is_not_made",
		ignoresCancel:    "a_call_that_was_stopped_before_it_began_makes_nothing",
		losesCents:       "a_large_total_to_the_cent",
		staleUpdates:     "an_update_of_a_stale_version_is_refused",
		prefixMarkers:    "markers_with_the_same_beginning_are_not_mixed_up",
		newCompany:       "company_id_is_the_same_after_reopening",
		keepsHash:        "what_a_bookkeeper_changed_is_found,_without_the_hash,_and_is_not_equal",
		silentFaults:     "an_unknown_account_is_refused_with_a_fault_that_helps",
		forgetsCustomers: "the_next_document_of_a_customer_tells_the_same_customer",
		namesTwice:       "a_customer_that_is_named_by_its_id_stays_the_same",
		mixesCustomers:   "two_customers_have_two_ids",
		silentOnAdoption: "the_same_posting_again_tells_the_same_customer",
		adoptsAnything:   "other_content_under_a_taken_marker_is_not_adopted",
	}
	for wrong, name := range bites {
		t.Run(string(wrong), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKit$")
			cmd.Env = append(os.Environ(), mistakeVariable+"="+string(wrong))
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the kit let it pass")
			require.Contains(t, string(out), "--- FAIL: TestKit/"+name)
			require.NotContains(t, string(out), "panic:")
		})
	}
}

func TestHarnessMustTellWhatIsMissing(t *testing.T) {
	for _, c := range connectortest.Cases() {
		require.NotEmpty(t, c.Name)
		require.NotNil(t, c.Run, c.Name)
		require.Equal(t, strings.TrimSpace(c.Name), c.Name)
	}
	require.GreaterOrEqual(t, len(connectortest.Cases()), 20)
}

func sample(id int64) *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprint("st-kit-", id),
		Source: &tradepostv1.Source{Account: "kit", InvoiceId: id, Total: "20.00"},
		Number: fmt.Sprint(id), IssueDate: "2026-11-22", Currency: "USD",
		Customer: &tradepostv1.Customer{CompanyId: 7, Name: "ACME", Reference: &tradepostv1.Reference{By: 2, Value: "C1"}},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Quantity: "1", UnitPrice: "20.00", Amount: "20.00",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "20.00", Total: "20.00"},
	}
}
