package deliver_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/services/deliver"
)

const checkedConfig = `accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: "http://127.0.0.1:1", username: u, password: p, invoice_entity_type: 13}
connections:
  acme-books:
    account: acme
    connector: hledger
    mapping_file: mapping.yaml
    settings: {journal_dir: books}
`

// A mapping that asks for what no connector can do is refused before anything runs,
// with the place and with what to write instead.
func TestAMappingThatAsksForVoidsIsRefused(t *testing.T) {
	for policy, refused := range map[string]bool{"void": true, "credit_memo": false, "comment": false} {
		t.Run(policy, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
			}
			write("tradepost.yaml", checkedConfig)
			write("mapping.yaml", "version: 1\ncustomers: {match: [external_id]}\nitems: {match: [code], default: X}\npolicy: {voided: "+policy+"}\n")
			config, err := connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
			require.NoError(t, err)
			connectors, err := deliver.Connectors()
			require.NoError(t, err)
			err = deliver.CheckConfig(t.Context(), config, connectors)
			if !refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "tradepost.yaml:9")
			require.ErrorContains(t, err, "policy.voided: void is not possible yet with this connector (hledger)")
			require.ErrorContains(t, err, "use credit_memo, or comment")
		})
	}
}
