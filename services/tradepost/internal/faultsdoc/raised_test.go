package faultsdoc_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/fault"
)

// stages are where the tests are that send messages through a stage, or a document
// into a connector.
var stages = map[string][]string{
	"ingest":    {"services/ingest", "services/tradepost"},
	"transform": {"services/transform"},
	"deliver":   {"services/deliver", "pkg/stage", "pkg/bus", "services/tradepost"},
	"reconcile": {"services/reconcile"},
	"connector": {"services/deliver", "services/tradepost/internal/quickbooks"},
	"doctor":    {"services/tradepost"},
	"preview":   {"services/tradepost"},
	"program":   {"pkg", "services"},
}

// sources are the Go files of the repository, without what is generated, by path.
func sources(t *testing.T) (code, tests map[string]string) {
	t.Helper()
	code, tests = map[string]string{}, map[string]string{}
	for _, dir := range []string{"pkg", "services"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil || strings.HasPrefix(name, "pkg/fault/") || strings.HasPrefix(name, "services/sandbox") || strings.Contains(name, "faultsdoc") || strings.Contains(name, "plainbooks") {
				return err
			}
			raw, err := os.ReadFile(path)
			if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "connectortest") {
				tests[name] = string(raw)
			} else {
				code[name] = string(raw)
			}
			return err
		}))
	}
	return code, tests
}

func named(files map[string]string, code string, under ...string) bool {
	for name, text := range files {
		below := len(under) == 0 || slices.ContainsFunc(under, func(dir string) bool { return strings.HasPrefix(name, dir+"/") })
		if below && (strings.Contains(text, `"`+code+`"`) || (code == fault.Unknown && strings.Contains(text, "fault.Unknown"))) {
			return true
		}
	}
	return false
}

// A code is either raised by the code or marked as kept for later, and one that is
// raised has a test of the part that raises it. Of transform's codes the test is
// stricter: TestEveryCaseGoesThroughTheStage there wants each to come out of the
// stage; here each has to be in a golden file, or in a test of the stage.
func TestEveryCodeIsRaisedAndTested(t *testing.T) {
	code, tests := sources(t)
	golden := goldenCodes(t)
	for _, e := range fault.All() {
		raised := named(code, e.Code)
		require.Equal(t, !e.Reserved, raised, "%s: Reserved has to say whether something raises it", e.Code)
		if !raised || golden[e.Code] {
			continue
		}
		require.True(t, named(tests, e.Code, stages[e.Raised]...), "%s is raised by %s, and no test there wants it", e.Code, e.Raised)
	}
}

var codeOf = regexp.MustCompile(`"code": "([^"]+)"`)

func goldenCodes(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "services", "transform", "testdata", "make", "*", "faults.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	codes := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range codeOf.FindAllStringSubmatch(string(raw), -1) {
			codes[m[1]] = true
		}
	}
	return codes
}
