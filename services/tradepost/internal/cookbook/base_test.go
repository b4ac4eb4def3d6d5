package cookbook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sandboxed are the invoices of `sandbox serve --tax`: those with a number of digits. The
// others were made by hand for recipes of the other page.
func sandboxed(ids map[string]int64) map[string]int64 {
	some := map[string]int64{}
	for number, id := range ids {
		if _, err := strconv.Atoi(number); err == nil {
			some[number] = id
		}
	}
	return some
}

// refusals are the comments on the invoices of the sandbox that are not posted with a
// mapping over the page's base.
func refusals(t *testing.T, mapping string) (comments []string) {
	t.Helper()
	p := readPage(t, "cookbook-quickbooks.md")
	at, ids := contractor(t)
	url, token, _ := company(t)
	p.config = strings.ReplaceAll(p.config, "http://localhost:8390", url)
	k := newKitchen(t, at, p, recipe{mapping: mapping}, []string{"QBO_TOKEN=" + token}, inQuickBooks(&wire{}))
	all := sandboxed(ids)
	require.Len(t, all, 40)
	for _, id := range all {
		if kind, text := k.post(id); kind == "comment" {
			comments = append(comments, text)
		}
	}
	return comments
}

// The mapping that the recipes for QuickBooks share is one to begin with: it posts all of
// the sandbox's invoices, and without names as many fail as the page says.
func TestTheBaseForQuickBooksPostsWhatThePageSays(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "cookbook-quickbooks.md"))
	require.NoError(t, err)
	require.Contains(t, string(raw), "All of the sandbox's 40 invoices are posted with these files.")
	require.Empty(t, refusals(t, ""))

	said := regexp.MustCompile("`match: \\[code\\]` alone\n  an item without a code fails every invoice that has it: (\\d+) of the sandbox's 40").FindStringSubmatch(string(raw))
	require.Len(t, said, 2)
	named := 0
	for _, comment := range refusals(t, "items:\n  match: [code]\n") {
		if strings.Contains(comment, "not linked to an item in the books") {
			named++
		}
	}
	require.Equal(t, said[1], strconv.Itoa(named))
}
