package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

const doctorConfig = `
nats: {url: "nats://127.0.0.1:1"}
accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: %q, username: integration, password: sandbox, invoice_entity_type: 13}
connections:
  acme-books:
    account: acme
    connector: hledger
    mapping_file: mapping.yaml
    settings: {journal_dir: books, check: when_installed}
`

// sick writes a configuration whose NATS server is away, and a mapping that finds
// nobody.
func sick(t *testing.T) (config string) {
	t.Helper()
	s := sandbox.New(sandbox.Options{})
	t.Cleanup(s.Close)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	dir := t.TempDir()
	config = filepath.Join(dir, "tradepost.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, doctorConfig, web.URL), 0o600))
	mapping := "version: 1\ncustomers: {match: [external_id]}\nitems: {match: [code], default: X}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte(mapping), 0o600))
	return config
}

func execute(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Execute(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestDoctorJSON(t *testing.T) {
	code, out, errs := execute(t, "doctor", "-c", sick(t), "-o", "json")
	require.Equal(t, runtime.ExitFailure, code)
	require.Empty(t, errs)
	var report doctor.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.False(t, report.OK)
	require.Equal(t, map[doctor.Status]int{doctor.OK: 9, doctor.Warn: 2, doctor.Fail: 2, doctor.Skip: 3}, report.Counts)
	var got []string
	for _, r := range report.Results {
		got = append(got, fmt.Sprintf("%s | %s | %s", r.System, r.Check, r.Status))
	}
	require.Equal(t, []string{
		"configuration | file | ok",
		"account acme | host | ok",
		"account acme | sign-in | ok",
		"account acme | sessions | ok",
		"account acme | invoices | ok",
		"account acme | records | ok",
		"account acme | external ids | skip",
		"account acme | comments | skip",
		"account acme | comment right | skip",
		"nats | server | fail",
		"connection acme-books | settings | ok",
		"connection acme-books | books | ok",
		"connection acme-books | company | warn",
		"connection acme-books | mapping | ok",
		"connection acme-books | mapping | warn",
		"connection acme-books | mapping | fail",
	}, got)
	require.Contains(t, out, `"owner": "Tradepost operator"`)
	require.NotContains(t, out, "has nothing against posting", "nobody saw the books")
	require.Len(t, report.Guides, 1)
}

func TestDoctorText(t *testing.T) {
	_, out, _ := execute(t, "doctor", "-c", sick(t))
	require.Contains(t, out, "\n  FAIL  server         nats://127.0.0.1:1\n                       no connection: ")
	require.Contains(t, out, "                       -> Tradepost operator: Check nats.url")
	require.Contains(t, out, "\n  3. Type: Standard. System name: acme_books. Label: acme-books. Save.\n")
	require.NotContains(t, out, "\x1b", "no colors where it is no terminal")
	for line := range strings.Lines(out) {
		require.LessOrEqual(t, len([]rune(line)), 101, line)
	}
}

func TestDoctorCommandLine(t *testing.T) {
	config := sick(t)
	code, _, errs := execute(t, "doctor", "-c", config, "--text", "x")
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, "--find-entity-type")
	code, _, _ = execute(t, "doctor", "-c", config, "--invoice", "-4")
	require.Equal(t, runtime.ExitConfig, code)
	code, out, _ := execute(t, "doctor", "-c", config, "--find-entity-type")
	require.Equal(t, runtime.ExitOK, code)
	require.Contains(t, out, "write a comment on it")

	content, err := os.ReadFile(config)
	require.NoError(t, err)
	content = bytes.Replace(content, []byte("password: sandbox"), []byte("password: {env: ACME_NO_SUCH_PASSWORD}"), 1)
	require.NoError(t, os.WriteFile(config, content, 0o600))
	code, out, _ = execute(t, "doctor", "-c", config, "--find-entity-type", "--account", "acme", "--invoice", "1234", "--text", "x")
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, out, "ACME_NO_SUCH_PASSWORD")
}
