package cli

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/runtime"
)

var update = flag.Bool("update", false, "write the golden files anew")

const mappedConfig = `
accounts:
  acme:
    time_zone: America/New_York
    servicetrade: {url: "http://127.0.0.1:1/api", username: integration, password: sandbox, invoice_entity_type: 13}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: %MAPPING%, settings: {journal_dir: books}}
`

// brokenDir has one mapping file for each kind of mistake, what is said about it
// beside it, and the table files that they name.
var brokenDir = filepath.Join("..", "..", "..", "..", "pkg", "mapping", "testdata", "broken")

// validate runs `config validate` for a mapping in a folder of its own; the
// answer names files without their folder.
func validate(t *testing.T, mappingFile string, files map[string][]byte) (code int, said string) {
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	config := filepath.Join(dir, "tradepost.yaml")
	require.NoError(t, os.WriteFile(config, []byte(strings.ReplaceAll(mappedConfig, "%MAPPING%", mappingFile)), 0o600))
	code, out, errs := execute(t, "config", "validate", "-c", config)
	return code, strings.ReplaceAll(out+errs, dir+string(filepath.Separator), "")
}

var located = regexp.MustCompile(`^  (?:  )?[a-z-]+\.(?:yaml|csv):[1-9][0-9]*:[1-9][0-9]*: .`)

// Every mistake is told with file, line, reason and remedy, all of a file at once.
func TestBrokenMappings(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(brokenDir, "*.*"))
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, p := range paths {
		files[filepath.Base(p)], err = os.ReadFile(p)
		require.NoError(t, err)
	}
	told := 0
	for name := range files {
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			told++
			code, said := validate(t, name, files)
			require.Equal(t, runtime.ExitConfig, code, said)
			golden := filepath.Join(brokenDir, strings.TrimSuffix(name, ".yaml")+".txt")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(said), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), said)
			lines := strings.Split(strings.TrimSpace(strings.TrimPrefix(said, "tradepost: ")), "\n")
			if strings.HasSuffix(lines[0], "problems:") {
				lines = lines[1:]
			}
			require.Zero(t, len(lines)%2, "a reason and a remedy each")
			for i := 0; i < len(lines); i += 2 {
				require.Regexp(t, located, "  "+strings.TrimSpace(lines[i]))
				require.Regexp(t, `^ +fix: .+`, lines[i+1])
			}
		})
	}
	require.GreaterOrEqual(t, told, 10)
}

func TestAMappingThatIsRightIsValid(t *testing.T) {
	code, said := validate(t, "m.yaml", map[string][]byte{"m.yaml": []byte("version: 1\n")})
	require.Equal(t, runtime.ExitOK, code, said)
}

func TestConfigSchema(t *testing.T) {
	code, out, errs := execute(t, "config", "schema", "mapping")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Equal(t, string(mapping.Schema()), out)
	code, _, errs = execute(t, "config", "schema", "nothing")
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, "mapping")
}
