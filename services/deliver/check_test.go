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

// Secrets of a webhook come out of the configuration like all others, and two connections
// on one endpoint are refused.
func TestWebhooksAreCheckedWithTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	first := strings.Replace(strings.Replace(checkedConfig, "connector: hledger", "connector: webhook", 1), "{journal_dir: books}",
		"{url: \"https://books.example.com/a\", secrets: [{env: NEW_SECRET}, {env: OLD_SECRET}]}", 1)
	_, connectionPart, _ := strings.Cut(first, "connections:\n")
	text := first + strings.Replace(connectionPart, "acme-books", "acme-more", 1)
	text = strings.Replace(text, "    account: acme\n", "    account: acme\n    filter: {offices: [701]}\n", 1)
	text = strings.Replace(text, "acme-more:\n    account: acme\n", "acme-more:\n    account: acme\n    filter: otherwise\n", 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte("version: 1\ncustomers: {match: [external_id]}\nitems: {match: [code], default: X}\n"), 0o600))
	environ := []string{"NEW_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "OLD_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"}
	connectors, err := deliver.Connectors()
	require.NoError(t, err)
	check := func(text string, environ []string) error {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "tradepost.yaml"), []byte(text), 0o600))
		config, err := connection.Load(filepath.Join(dir, "tradepost.yaml"), environ)
		if err != nil {
			return err
		}
		return deliver.CheckConfig(t.Context(), config, connectors)
	}
	require.NoError(t, check(first, environ))
	require.ErrorContains(t, check(first, []string{environ[0], "OLD_SECRET=hunter2"}), `number 2: it does not begin with "whsec_"`)
	require.ErrorContains(t, check(text, environ), "posts to the same books (https://books.example.com/a)")
}
