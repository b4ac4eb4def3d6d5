package faultsdoc_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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
// raised has a test of the part that raises it: one that names the code, and goes
// through that part. Transform's codes are wanted out of its stage by
// TestEveryCaseGoesThroughTheStage there; here each has to be in a golden file, or in a
// test of the stage.
func TestEveryCodeIsRaisedAndTested(t *testing.T) {
	code, tests := sources(t)
	packages, golden := testPackages(t, tests), goldenCodes(t)
	for _, e := range fault.All() {
		raised := named(code, e.Code)
		require.Equal(t, !e.Reserved, raised, "%s: Reserved has to say whether something raises it", e.Code)
		switch {
		case !raised || golden[e.Code]:
		case e.Raised == "transform":
			assert.True(t, named(tests, e.Code, stages[e.Raised]...), "%s is raised by transform, and no test there wants it", e.Code)
		case e.Code == fault.Unknown:
			// It stands for the mistakes that nobody thought of.
		default:
			assert.NotEmpty(t, proof(packages, e.Code, stages[e.Raised], entries[e.Raised]), "%s is told by %s, and no test there names it and goes through one of %v", e.Code, e.Raised, entries[e.Raised])
		}
	}
}

// What a dead letter gives as its cause is explained as well.
func TestEveryCauseOfADeadLetterIsInTheCatalogue(t *testing.T) {
	code, _ := sources(t)
	causes := regexp.MustCompile(`(?:bus\.Poison|\bPoison|short)\([^"()]*"([a-z]+\.[a-z_]+)"|^\s+Code[A-Za-z]+ = "([a-z]+\.[a-z_]+)"`)
	n := 0
	for name, text := range code {
		for line := range strings.Lines(text) {
			m := causes.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			n++
			_, known := fault.Lookup(m[1] + m[2])
			assert.True(t, known, "%s: %s is a cause of dead letters, and not in the catalogue", name, m[1]+m[2])
		}
	}
	require.Greater(t, n, 10)
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
