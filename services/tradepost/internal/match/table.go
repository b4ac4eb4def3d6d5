package match

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// Table is the CSV file of a mapping's table: exact matches are its rows, everything
// else are comments, from which a person takes the # where a proposal is right.
func Table(matches []Match) string {
	var b strings.Builder
	b.WriteString("servicetrade,books,by\n")
	b.WriteString("# Rows are exact matches. A proposal counts once you take the # away from its row.\n")
	for _, m := range matches {
		if m.Exact {
			c := m.Candidates[0]
			fmt.Fprintf(&b, "# %s: %s %s (score %.2f)\n%s\n", m.Record.title(), title(c), c.Reason, c.Score, row(m.Record, c))
		}
	}
	for _, m := range matches {
		if !m.Exact {
			m.propose(&b)
		}
	}
	return b.String()
}

func (m Match) propose(b *strings.Builder) {
	switch {
	case len(m.Candidates) == 0:
		fmt.Fprintf(b, "#\n# %s: nothing in the books is like it\n#%s,,\n", m.Record.title(), quoted(m.Record.Key))
		return
	case m.Doubt != "":
		fmt.Fprintf(b, "#\n# %s: not decided, %s\n", m.Record.title(), m.Doubt)
	default:
		fmt.Fprintf(b, "#\n# %s: not decided\n", m.Record.title())
	}
	for _, c := range m.Candidates {
		fmt.Fprintf(b, "#   %s %s (score %.2f)\n#%s\n", title(c), c.Reason, c.Score, row(m.Record, c))
	}
}

func (r Record) title() string {
	name := fault.OneLine(r.Name)
	if code := fault.OneLine(r.Code); code != "" && code != name {
		return code + " " + name
	}
	return name
}

func title(c Candidate) string {
	for _, word := range []string{c.Name, c.Code, c.ID} {
		if word != "" {
			return `"` + fault.OneLine(word) + `"`
		}
	}
	return `""`
}

// row names the record of the books by its code, else by its id, else by its name.
func row(r Record, c Candidate) string {
	value, by := reference(c.ReferenceRecord)
	return quoted(r.Key) + "," + quoted(value) + "," + by
}

func reference(r connector.ReferenceRecord) (value, by string) {
	switch {
	case r.Code != "":
		return r.Code, ""
	case r.ID != "":
		return r.ID, "id"
	}
	return r.Name, "name"
}

// quoted is a field of a CSV file on one line. One that begins with # would be a comment.
func quoted(s string) string {
	s = fault.OneLine(s)
	if strings.ContainsAny(s, `,"#;`) || strings.TrimSpace(s) != s {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}
