package settle

import (
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
)

// A user acts while the comment is being stored: what the user did stays, and the
// window for overwriting it is one call.
func TestWhatAUserDoesDuringTheCommentStays(t *testing.T) {
	for name, c := range map[string]struct {
		hand    func(inv *tradepostv1.ServiceTradeInvoice)
		settled tradepostv1.Settlement
	}{
		"moved":   {func(inv *tradepostv1.ServiceTradeInvoice) { inv.Status = "draft" }, tradepostv1.Settlement_SETTLEMENT_WITHDRAWN},
		"changed": {func(inv *tradepostv1.ServiceTradeInvoice) { inv.Notes = "mended" }, tradepostv1.Settlement_SETTLEMENT_SUPERSEDED},
		"failed":  {func(inv *tradepostv1.ServiceTradeInvoice) { inv.Status = "failed" }, tradepostv1.Settlement_SETTLEMENT_FAILED},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.office.lose = func(call string) error {
					if call == "comment" {
						c.hand(d.office.invoice)
					}
					return nil
				}
				d.handle(d.outcome(refused()))
				require.Equal(t, []string{"comment"}, d.office.writes)
				require.Equal(t, record.Closed, d.record().GetState())
				require.Equal(t, c.settled, d.record().GetSettlement())
			})
		})
	}
}
