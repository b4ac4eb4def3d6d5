package posting

import (
	"testing"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Amounts that people compare are written alike, with the decimals of the currency.
func TestAmountsAreWrittenAlike(t *testing.T) {
	for _, c := range []struct{ want, have, first, second, difference string }{
		{"745.40", "740.4", "745.40", "740.40", "5.00"},
		{"745.40", "745.4", "745.40", "745.40", "0.00"},
		{"100", "90", "100", "90", "10"},
		{"1.500", "2", "1.500", "2.000", "0.500"},
		{"745.40", "much", "745.40", "much", "(not known)"},
	} {
		first, second := alike(c.want, c.have)
		require.Equal(t, []string{c.first, c.second, c.difference}, []string{first, second, difference(c.want, c.have)})
	}
	one := paper{doc: &tradepostv1.Document{Totals: &tradepostv1.Totals{Total: "745.40"}}}
	f := faultOf("document.total_differs", one, connector.Found{ID: "7", Number: "100", Total: "740.4"}, nil)
	require.Contains(t, f.GetMessage(), "740.40")
	require.Contains(t, f.GetMessage(), "745.40")
}
