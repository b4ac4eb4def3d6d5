package deliver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/deliver/connectors/plainbooks"
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

// A mapping that asks for what the connector cannot do is refused before anything runs,
// with the place and with what to write instead.
func TestAMappingThatAsksForVoidsIsRefusedWhereNobodyCanVoid(t *testing.T) {
	const journal, plain = "connector: hledger", "connector: plainbooks"
	for name, c := range map[string]struct {
		policy, connector string
		refused           bool
	}{
		"void": {"void", journal, true}, "credit memo": {"credit_memo", journal, false}, "comment": {"comment", journal, false},
		"void by one that can": {"void", plain, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
			}
			text := strings.Replace(checkedConfig, journal, c.connector, 1)
			if c.connector == plain {
				text = strings.Replace(text, "{journal_dir: books}", `{url: "http://127.0.0.1:1"}`, 1)
			}
			write("tradepost.yaml", text)
			write("mapping.yaml", "version: 1\ncustomers: {match: [external_id]}\nitems: {match: [code], default: X}\npolicy: {voided: "+c.policy+"}\n")
			config, err := connection.Load(filepath.Join(dir, "tradepost.yaml"), nil)
			require.NoError(t, err)
			connectors, err := connector.NewRegistry(hledger.Registration(), plainbooks.Registration())
			require.NoError(t, err)
			err = deliver.CheckConfig(t.Context(), config, connectors)
			if !c.refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "tradepost.yaml:9")
			require.ErrorContains(t, err, "policy.voided: void is not possible with this connector (hledger)")
			require.ErrorContains(t, err, "use credit_memo, or comment")
		})
	}
}
