// Package cookbook holds the tests of docs/cookbook.md and docs/cookbook-quickbooks.md: what
// the pages show is what the pipeline's own code makes.
package cookbook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recipe is one section of the page.
type recipe struct {
	title string
	// mapping are the sections that take the place of the base's.
	mapping string
	// tables are CSV files by name.
	tables map[string]string
	shown  []excerpt
}

// excerpt is what the page says comes out for an invoice: of its journal, of what is
// written to QuickBooks, or of the comment on it.
type excerpt struct{ kind, invoice, text string }

// page is one of the pages: what stands before the first recipe goes for all.
type page struct {
	config, mapping string
	tables          map[string]string
	recipes         []recipe
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)(?: (\\S+))?\n(.*?)^```$")

func readPage(t *testing.T, name string) page {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", name))
	require.NoError(t, err)
	sections := strings.Split(string(raw), "\n## ")
	p := page{tables: map[string]string{}}
	for i, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		r := recipe{title: title, tables: map[string]string{}}
		for _, m := range fence.FindAllStringSubmatch(section, -1) {
			kind, name, text := m[1], m[2], m[3]
			switch {
			case kind == "yaml" && name == "tradepost.yaml":
				p.config = text
			case kind == "yaml" && name == "mapping.yaml":
				p.mapping = text
			case kind == "yaml":
				r.mapping += text
			case kind == "csv" && i <= 1:
				p.tables[name] = text
			case kind == "csv":
				r.tables[name] = text
			case kind == "journal" || kind == "http" || kind == "comment":
				r.shown = append(r.shown, excerpt{kind, name, text})
			}
		}
		if r.mapping != "" {
			p.recipes = append(p.recipes, r)
		}
	}
	return p
}

var topKey = regexp.MustCompile(`^([a-z_]+):`)

// over lays the sections of a recipe over those of the base, as its reader does.
func over(base, change string) string {
	replaced := map[string]bool{}
	for line := range strings.Lines(change) {
		if m := topKey.FindStringSubmatch(line); m != nil {
			replaced[m[1]] = true
		}
	}
	var b strings.Builder
	keep := true
	for line := range strings.Lines(base) {
		if m := topKey.FindStringSubmatch(line); m != nil {
			keep = !replaced[m[1]]
		}
		if keep {
			b.WriteString(line)
		}
	}
	return b.String() + change
}

// shows tells whether the lines of the excerpt are in text, in their order and without
// a gap, except where a line of three dots says that there is one.
func (e excerpt) shows(text string) bool {
	rest := "\n" + text
	for part := range strings.SplitSeq("\n"+e.text, "\n...\n") {
		if part = strings.Trim(part, "\n"); part == "" {
			continue
		}
		_, after, found := strings.Cut(rest, "\n"+part+"\n")
		if !found {
			return false
		}
		rest = "\n" + after
	}
	return true
}
