package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
)

const runVariable = "TRADEPOST_TEST_RUN_CLI"

// TestMain lets the test binary be the command line itself, for commands that end the
// process.
func TestMain(m *testing.M) {
	if os.Getenv(runVariable) == "1" {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// runCLI runs a command line in a process of its own.
func runCLI(t *testing.T, args ...string) (exit int, out string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), runVariable+"=1")
	raw, err := cmd.CombinedOutput()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err)
	}
	return cmd.ProcessState.ExitCode(), string(raw)
}

const someCases = "^(what_was_created_is_found|a_fenced_write_is_not_made|what_a_bookkeeper_deleted_is_not_found|without_update)$"

func TestConnectorTestPassesAGoodProgram(t *testing.T) {
	dir := remotetest.Node(t, "../../../../examples/paperbooks")
	sample := filepath.Join(t.TempDir(), "sample.json")
	require.NoError(t, os.WriteFile(sample, []byte(`{"kind":"DOCUMENT_KIND_INVOICE","issueDate":"2026-11-22","currency":"USD",
		"customer":{"name":"ACME","reference":{"by":"REFERENCE_BY_CODE","value":"C1"}},
		"lines":[{"key":"1","kind":"LINE_KIND_ITEM","amount":"35.00"}],"totals":{"subtotal":"35.00","total":"35.00"}}`), 0o600))
	exit, out := runCLI(t, "connector", "test", "--cases", someCases, "--sample", sample, "--", "node", filepath.Join(dir, "paperbooks.mjs"))
	require.Zero(t, exit, out)
	for _, line := range []string{
		"passed    what was created is found\n", "passed    a fenced write is not made\n", "passed    without update\n",
		"left out  what a bookkeeper deleted is not found (the kit has no hands in these books)\n", "\n3 passed, 1 left out, 0 failed\n",
	} {
		require.Contains(t, out, line)
	}
}

// A program that forgets what it made is found out.
func TestConnectorTestFailsABadProgram(t *testing.T) {
	dir := remotetest.Node(t, "../../../../examples/paperbooks")
	main := filepath.Join(dir, "paperbooks.mjs")
	good, err := os.ReadFile(main)
	require.NoError(t, err)
	bad := strings.Replace(string(good), "found: { documents: find(call.find.marker) }", "found: { documents: [] }", 1)
	require.NotEqual(t, string(good), bad)
	require.NoError(t, os.WriteFile(main, []byte(bad), 0o600))
	exit, out := runCLI(t, "connector", "test", "--cases", someCases, "--", "node", main)
	require.Equal(t, 1, exit, out)
	require.Contains(t, out, "FAILED    what was created is found\n")
	require.Contains(t, out, "documents found for st-kit-1")
}

func TestConnectorTestSaysWhatIsWrongWithTheCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		"say how the program is started":       {},
		"--cases: error parsing regexp":        {"--cases", "(", "--", "true"},
		"--sample: open nowhere.json":          {"--sample", "nowhere.json", "--", "true"},
		"--call-timeout is 1ms, and has to be": {"--call-timeout", "1ms", "--", "true"},
	} {
		exit, out := runCLI(t, append([]string{"connector", "test"}, args...)...)
		require.Equal(t, 2, exit, out)
		require.Contains(t, out, want)
	}
	exit, out := runCLI(t, "connector", "test", "--", "/nowhere/program")
	require.Equal(t, 1, exit)
	require.Contains(t, out, "/nowhere/program: no such file")
}

func TestConnectorNewWritesOneAndSaysWhatIsNext(t *testing.T) {
	into := t.TempDir()
	exit, out := runCLI(t, "connector", "new", "mybooks", "--into", into)
	require.Zero(t, exit, out)
	require.Contains(t, out, "add its line, mybooks.Registration(), to")
	require.FileExists(t, filepath.Join(into, "mybooks", "connector_test.go"))
	exit, out = runCLI(t, "connector", "new", "mybooks", "--into", into)
	require.Equal(t, 2, exit)
	require.Contains(t, out, "is there already: nothing was written")
	exit, out = runCLI(t, "connector", "new")
	require.Equal(t, 2, exit)
	require.Contains(t, out, "name the connector")
}
