package mappingdoc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/mapping/mappingdoc"
)

func page(t *testing.T) string {
	have, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "mapping.md"))
	require.NoError(t, err)
	return string(have)
}

func TestThePageIsUpToDate(t *testing.T) {
	have := page(t)
	filled, err := mappingdoc.Fill(have)
	require.NoError(t, err)
	require.Equal(t, have, filled, "run: make generate")
	require.Contains(t, have, "| `job.sales` | text | the job's salesperson |")
	require.Contains(t, have, "| `mixed_signs` | `keep`, `split`, `refuse` | `keep` |")
}

func TestAPageThatLeavesSomethingOutFails(t *testing.T) {
	_, err := mappingdoc.Fill("# Mapping\n\n<!-- generated: keys nowhere -->\n<!-- end -->\n")
	require.ErrorContains(t, err, `the page wants "keys nowhere"`)
	require.ErrorContains(t, err, `the page leaves out "facts"`)
	require.ErrorContains(t, err, `the page leaves out "keys customers"`)
}

// Every mapping on the page can be used as it stands.
func TestTheExamplesOfThePage(t *testing.T) {
	examples := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(page(t), -1)
	require.Greater(t, len(examples), 5)
	for _, m := range examples {
		_, err := mapping.ParseFiles("mapping.yaml", func(path string) ([]byte, error) {
			if path == "mapping.yaml" {
				return []byte("version: 1\n" + m[1]), nil
			}
			return []byte("servicetrade,books,by\n9001,C-10001,\nHarbor Point,17,id\n"), nil
		})
		require.NoError(t, err, m[1])
	}
}

// Every condition on the page can be used as it stands.
func TestTheConditionsOfThePage(t *testing.T) {
	_, section, _ := strings.Cut(page(t), "\n## Conditions\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| (`.+`) \\|$").FindAllStringSubmatch(section, -1)
	require.Greater(t, len(rows), 10)
	for _, row := range rows {
		for condition := range strings.SplitSeq(strings.Trim(row[1], "`"), "`, `") {
			condition = strings.ReplaceAll(condition, `\|`, "|")
			text := "version: 1\naccounts: {revenue: [{when: '" + condition + "', use: A}]}\n"
			_, err := mapping.Parse([]byte(text), "m.yaml")
			require.NoError(t, err, text)
		}
	}
}

// A default that the page tells is the one that counts: written out, it changes nothing.
func TestTheDefaultsAreTrue(t *testing.T) {
	var schema struct {
		Properties map[string]struct {
			Default    any
			Properties map[string]struct{ Default any }
		}
	}
	require.NoError(t, yaml.Unmarshal(mapping.Schema(), &schema))
	written := map[string]any{"version": 1}
	count := 0
	for name, section := range schema.Properties {
		if section.Default != nil {
			written[name] = section.Default
		}
		keys := map[string]any{}
		for key, n := range section.Properties {
			if n.Default != nil {
				keys[key] = n.Default
				count++
			}
		}
		if len(keys) > 0 {
			written[name] = keys
		}
	}
	require.Greater(t, count, 15)
	text, err := yaml.Marshal(written)
	require.NoError(t, err)
	full, err := mapping.Parse(text, "m.yaml")
	require.NoError(t, err, string(text))
	bare, err := mapping.Parse([]byte("version: 1\n"), "m.yaml")
	require.NoError(t, err)
	require.Equal(t, bare.Hash(), full.Hash(), string(text))
}
