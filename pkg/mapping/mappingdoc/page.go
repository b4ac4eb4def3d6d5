// Package mappingdoc keeps docs/mapping.md true: its tables of keys come from the JSON
// Schema of the mapping file, its table of facts from the vocabulary. The rest of the
// page is written by hand.
package mappingdoc

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tradepost/tradepost/pkg/mapping"
)

// region is a part of the page that is written by Fill: between a comment that names
// what belongs there and one that ends it.
var region = regexp.MustCompile(`(?ms)^<!-- generated: ([a-z_ ]+) -->$.*?^<!-- end -->$`)

// Fill returns the page with its regions written anew. A page that leaves out a section
// or the facts is an error, as is a region that nobody knows.
func Fill(page string) (string, error) {
	tables, err := tables()
	if err != nil {
		return "", err
	}
	tables["facts"] = facts()
	var wrong []string
	page = region.ReplaceAllStringFunc(page, func(old string) string {
		name := region.FindStringSubmatch(old)[1]
		text, known := tables[name]
		if !known {
			wrong = append(wrong, fmt.Sprintf("the page wants %q, which is there once at most", name))
			return old
		}
		delete(tables, name)
		return fmt.Sprintf("<!-- generated: %s -->\n\n%s\n<!-- end -->", name, text)
	})
	for name := range tables {
		wrong = append(wrong, fmt.Sprintf("the page leaves out %q", name))
	}
	if len(wrong) > 0 {
		return "", fmt.Errorf("fill docs/mapping.md: %s", strings.Join(wrong, "; "))
	}
	return page, nil
}

func facts() string {
	var b strings.Builder
	b.WriteString("| fact | kind | what it is |\n| --- | --- | --- |\n")
	for _, f := range mapping.Vocabulary() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, f.Kind, f.Of)
	}
	return b.String()
}
