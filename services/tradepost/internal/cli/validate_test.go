package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
)

// As JSON, mistakes are JSON, too.
func TestValidateAsJSON(t *testing.T) {
	s := newShelf(t)
	type report struct {
		Valid       bool
		Connections int
		Problems    []struct {
			File      string
			Line      int
			Key, What string
		}
	}
	var got report
	code, out, errs := execute(t, "config", "validate", "-o", "json", "-c", s.path)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.True(t, got.Valid)
	require.Equal(t, 2, got.Connections)

	raw, err := os.ReadFile(s.path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.path, append(raw, "no_such_key: 1\n"...), 0o600))
	code, out, errs = execute(t, "config", "validate", "-o", "json", "-c", s.path)
	require.Equal(t, runtime.ExitConfig, code)
	require.Empty(t, errs)
	got = report{}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.False(t, got.Valid)
	require.Len(t, got.Problems, 1)
	require.Equal(t, s.path, got.Problems[0].File)
	require.Equal(t, "no_such_key", got.Problems[0].Key)
	require.Positive(t, got.Problems[0].Line)
	require.NotEmpty(t, got.Problems[0].What)
}

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
