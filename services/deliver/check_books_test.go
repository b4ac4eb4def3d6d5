package deliver_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
)

// Two connections in one journal directory would take each other's documents for theirs.
func TestTwoConnectionsWithTheSameBooksAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		second  string
		refused bool
	}{
		"the same directory":          {"settings: {journal_dir: books}", true},
		"the same, spelt differently": {"settings: {journal_dir: ./other/../books}", true},
		"the same over a link":        {"settings: {journal_dir: link}", true},
		"another one":                 {"settings: {journal_dir: others}", false},
		"the other one is disabled":   {"enabled: false, settings: {journal_dir: books}", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, "books"), 0o755))
			require.NoError(t, os.Symlink("books", filepath.Join(dir, "link")))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte("version: 1\ncustomers: {match: [external_id]}\nitems: {match: [code], default: X}\n"), 0o600))
			path := filepath.Join(dir, "tradepost.yaml")
			require.NoError(t, os.WriteFile(path, []byte(`accounts:
  acme: {time_zone: America/Chicago, servicetrade: {username: u, password: p, invoice_entity_type: 13}}
  other: {time_zone: America/Chicago, servicetrade: {username: o, password: p, invoice_entity_type: 13}}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: mapping.yaml, settings: {journal_dir: books}}
  other-books: {account: other, connector: hledger, mapping_file: mapping.yaml, `+c.second+`}
`), 0o600))
			config, err := connection.Load(path, nil)
			require.NoError(t, err)
			connectors, err := connector.NewRegistry(hledger.Registration())
			require.NoError(t, err)
			err = deliver.CheckConfig(t.Context(), config, connectors)
			if !c.refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "tradepost.yaml:6")
			require.ErrorContains(t, err, "connection acme-books posts to the same books")
			require.ErrorContains(t, err, "or disable one of the two")
		})
	}
}
