package life

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Where the books told a page of the document, a person is led there.
func TestThePageOfADocumentIsTold(t *testing.T) {
	l := &Life{}
	r := reader{life: l}
	body, err := bus.Encode(&tradepostv1.InvoiceOutcome{Send: 1, SnapshotHash: strings.Repeat("a", 64), OutcomeHash: strings.Repeat("b", 64), Outcome: &tradepostv1.Outcome{Result: &tradepostv1.Outcome_Posted{Posted: &tradepostv1.Posted{
		Documents: []*tradepostv1.PostedDocument{{Kind: 1, Id: "7", Number: "1042", Total: "1.00", Url: "https://books.example.com/d/7"}, {Kind: 2, Id: "8", Total: "1.00"}},
	}}}})
	require.NoError(t, err)
	r.add(bus.Message{Subject: bus.Subject{Stage: bus.StageOutcome, Connection: "acme-books", InvoiceID: 1}, Body: body})
	require.Equal(t, []string{"in the books: https://books.example.com/d/7"}, l.Events[0].Details)
}
