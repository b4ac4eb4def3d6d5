package attempts

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// Whoever looks at the life of an invoice reads what the books answered, and no program.
func TestAnAnswerIsToldInWords(t *testing.T) {
	made := connector.Found{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, ID: "146", Number: "1042", Total: "522.5"}
	void := connector.Found{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO, ID: "147", Total: "0", Void: true}
	taken := fault.New("document.number_taken", fault.Args{Thing: "Number 1042", Params: map[string]string{"number": "1042", "other": "Invoice of 2026-07-02"}})
	for want, a := range map[string]connector.Answer{
		"posted: invoice 1042 of 522.5 (id 146)":                                              connector.Posted{Document: made},
		"found in the books: void credit memo without a number of 0 (id 147)":                 connector.Posted{Document: void, Adopted: true},
		"posted: invoice 1042 of 522.5 (id 146); document.number_taken: " + fault.Text(taken): connector.Posted{Document: made, Remarks: []*tradepostv1.Fault{taken}},
		"rejected: document.number_taken: " + fault.Text(taken):                               connector.Rejected{Faults: []*tradepostv1.Fault{taken}},
		"rejected, and there all the same as invoice 1042 of 522.5 (id 146): document.number_taken: " + fault.Text(taken): connector.Rejected{
			Document: &made, Faults: []*tradepostv1.Fault{taken},
		},
		"nothing was made; the connection has to wait (throttled, for 1m0s at the least): too many calls": connector.Wait{
			Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: time.Minute, Reason: "throttled", Message: "too many calls",
		},
		"nothing was made; the invoice has to wait (changed): by hand": connector.Wait{Reason: "changed", Message: "by hand"},
		"handed over as f-1: in file 7":                                connector.Handed{Token: "f-1", Message: "in file 7"},
		"in doubt (no_answer): EOF":                                    connector.Uncertain{Reason: "no_answer", Message: "EOF"},
		"an answer that deliver does not know (<nil>)":                 nil,
	} {
		require.Equal(t, want, answered(a))
	}
	long := answered(connector.Uncertain{Message: strings.Repeat("x", 2*textLimit)})
	require.Less(t, len(long), textLimit+10)
}
