package sage50

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What lacks the end of its last row shows an amount, or a number, that was cut.
func TestAnExportThatWasCutIsRefused(t *testing.T) {
	const whole = "Customer ID,Invoice/CM #,Amount,Credit Memo\r\nC100,1001,-100.00,FALSE\r\nC100,1001,-23.45,FALSE\r\n"
	for n := range len(whole) {
		if whole[:n] != "" && whole[n-1] == '\n' {
			continue // Nothing in it tells; it counts once it is there for a while.
		}
		docs, err := readExport([]byte(whole[:n]))
		require.Error(t, err, "%q", whole[:n])
		require.Empty(t, docs)
	}
	docs, err := readExport([]byte(whole))
	require.NoError(t, err)
	require.Len(t, docs, 1)
	require.Equal(t, "123.45", docs[0].Total)
}
