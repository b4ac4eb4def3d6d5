package quickbooksonline

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A company that does not warn of duplicate numbers takes them all: what a bookkeeper
// entered by hand would be billed twice.
func TestANumberThatAnotherDocumentHasIsRefusedHere(t *testing.T) {
	for name, c := range map[string]struct {
		entered map[string]any
		taken   bool
	}{
		"entered by hand":     {map[string]any{"PrivateNote": "typed in"}, true},
		"of another invoice":  {map[string]any{"PrivateNote": "st-acme-999"}, true},
		"void":                {map[string]any{"PrivateNote": "Voided", "TotalAmt": json.Number("0"), "Balance": json.Number("0")}, false},
		"with another number": {map[string]any{"DocNumber": "another"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIntuit(t)
			number := sample().GetNumber()
			doc := map[string]any{
				"Id": "9", "SyncToken": "0", "DocNumber": number, "TxnDate": "2026-07-02", "TotalAmt": json.Number("100.00"),
			}
			maps.Copy(doc, c.entered)
			i.papers["9"] = doc
			i.on = func(h heard, w http.ResponseWriter) bool {
				listed := strings.HasPrefix(h.query, "select * from Invoice")
				if listed {
					raw, err := json.Marshal(doc)
					require.NoError(t, err)
					fmt.Fprintf(w, `{"QueryResponse":{"Invoice":[%s]}}`, raw)
				}
				return listed
			}
			q := i.connect(nil, Options{})
			_, err := q.Find(t.Context(), connector.Query{Kind: sample().GetKind(), Marker: sample().GetMarker(), Number: number})
			require.NoError(t, err)
			answer := q.Create(t.Context(), posting(sample()))
			if !c.taken {
				postedBy(t, answer)
				return
			}
			require.Equal(t, "document.number_taken", answer.(connector.Rejected).Faults[0].GetCode())
			require.Empty(t, i.heardOf(http.MethodPost, "invoice"))
		})
	}
}
