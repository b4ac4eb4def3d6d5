package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Three mistakes of three kinds in one run: a mapping that is not there, a connector
// that is not known, and a setting that the connector does not have.
func TestValidateTellsEveryMistakeAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tradepost.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {username: u, password: p, invoice_entity_type: 13}
  other:
    time_zone: America/Chicago
    servicetrade: {username: o, password: p, invoice_entity_type: 13}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: gone.yaml, settings: {journal_dir: books, colour: red}}
  other-books: {account: other, connector: hledgr, mapping_file: gone.yaml, settings: {journal_dir: others}}
`), 0o600))
	root := newRoot()
	root.SetArgs([]string{"config", "validate", "-c", path})
	root.SetOut(&bytes.Buffer{})
	root.SetErr(&bytes.Buffer{})
	err := root.ExecuteContext(t.Context())
	require.ErrorContains(t, err, "gone.yaml")
	require.ErrorContains(t, err, `no connector "hledgr"`)
	require.ErrorContains(t, err, "colour")
}
