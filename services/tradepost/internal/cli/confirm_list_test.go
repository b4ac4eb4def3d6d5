package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// What an export shows stands beside how the end is known.
func TestAnExportThatContradictsIsListed(t *testing.T) {
	_, rows := fileRows{{Name: "SALES-1.csv", Made: time.Now(), Documents: []connector.HandedDocument{
		{Number: "1041", Total: "20.00", State: connector.FileImported, Why: "moved", Shown: "the export today.csv shows 21.00"},
	}}}.Table()
	require.Equal(t, "its file was moved to imported; the export today.csv shows 21.00", rows[0][6])
}
