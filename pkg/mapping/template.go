package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

const maxTemplate = 2000

// Template is text with facts in braces: Job {job.number}, PO {job.po}.
type Template struct {
	source string
	parts  []part
}

// part is a piece of plain text, or a fact.
type part struct {
	plain string
	fact  *Fact
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// IsEmpty says that the file has no such template.
func (t Template) IsEmpty() bool { return t.source == "" }

// String is the template as it stands in the file.
func (t Template) String() string { return t.source }

// Render fills in the facts. A line of the template whose facts are all empty is
// left out, so that "PO {job.po}" leaves nothing behind where there is no PO.
func (t Template) Render(f *Facts) string {
	var lines []string
	var b strings.Builder
	facts, filled := 0, 0
	end := func() {
		if facts == 0 || filled > 0 {
			lines = append(lines, b.String())
		}
		b.Reset()
		facts, filled = 0, 0
	}
	for _, p := range t.parts {
		if p.fact != nil {
			value := strings.Join(texts(p.fact.get(f)), ", ")
			facts++
			if value != "" {
				filled++
			}
			b.WriteString(value)
			continue
		}
		for i, s := range strings.Split(p.plain, "\n") {
			if i > 0 {
				end()
			}
			b.WriteString(s)
		}
	}
	end()
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// Texts are the texts of a document that are put together from facts.
type Texts struct {
	// Memo, PrivateNote, CustomerMessage and PONumber replace what the document says
	// by itself; an empty one leaves that.
	Memo, PrivateNote, CustomerMessage, PONumber Template
	// Description is for every line.
	Description Template
	// Custom are the custom fields of the books by name.
	Custom map[string]Template
}

func (r *reader) template(n ast.Node, path string, ofLine bool) Template {
	s, ok := r.text(n, path)
	if !ok {
		return Template{}
	}
	if utf8.RuneCountInString(s) > maxTemplate {
		r.add(n, path, "the text is too long", fmt.Sprintf("at most %d characters are possible", maxTemplate))
		return Template{}
	}
	t := Template{source: s}
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		t.plain(s[at:m[0]])
		name := strings.TrimSpace(s[m[2]:m[3]])
		f, known := factNamed(name)
		if !known || (f.OfLine && !ofLine) {
			w := notHere(name, ofLine)
			r.add(n, path, w.what, w.fix)
			return Template{}
		}
		t.parts = append(t.parts, part{fact: &f})
		at = m[1]
	}
	t.plain(s[at:])
	for _, p := range t.parts {
		if strings.ContainsAny(p.plain, "{}") {
			r.add(n, path, "a brace has no partner", "write facts like {job.number}")
			return Template{}
		}
	}
	return t
}

func (t *Template) plain(s string) {
	if s != "" {
		t.parts = append(t.parts, part{plain: s})
	}
}
