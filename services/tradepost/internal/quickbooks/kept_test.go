package quickbooks

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// readBack is what the company holds of the document of a marker.
func (c *company) readBack(marker string) connectortest.Kept {
	c.t.Helper()
	var d struct {
		Line []struct {
			DetailType, Description string
			Amount                  json.Number
		}
		TxnTaxDetail struct{ TotalTax json.Number }
	}
	raw, err := json.Marshal(c.only(marker))
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(raw, &d))
	kept := connectortest.Kept{Tax: d.TxnTaxDetail.TotalTax.String()}
	for _, ln := range d.Line {
		if ln.DetailType != "SubTotalLineDetail" {
			kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: ln.Description, Amount: ln.Amount.String()})
		}
	}
	return kept
}

// copy makes another document of the one with the marker, as QuickBooks' own copy does:
// note and all, with a number of its own.
func (c *company) copy(marker string) {
	c.t.Helper()
	entity, one := c.entityOf(marker), stand.Object{}
	raw, err := json.Marshal(c.only(marker))
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(raw, &one))
	for _, own := range []string{"Id", "SyncToken", "MetaData"} {
		delete(one, own)
	}
	one["DocNumber"] = fmt.Sprint("copy-", strings.TrimPrefix(marker, "st-"))
	c.put(entity, one)
}

func (c *company) entityOf(marker string) string {
	for entity := range c.marked(marker) {
		return entity
	}
	return ""
}
