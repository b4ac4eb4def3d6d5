package doctor

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The columns of a report in text.
const (
	statusWidth = 6
	checkWidth  = 15
	// MinWidth and MaxWidth are what a line may be long.
	MinWidth = 60
	MaxWidth = 100
)

// Text is the report for a terminal of that many columns. paint may color the word
// of a status; nil leaves it as it is.
func (r *Report) Text(width int, paint func(Status, string) string) string {
	t := &writer{width: min(max(width, MinWidth), MaxWidth), paint: paint}
	system := ""
	for _, one := range r.Results {
		if one.System != system {
			if system != "" {
				t.b.WriteString("\n")
			}
			system = one.System
			t.b.WriteString(system + "\n")
		}
		t.result(one)
	}
	if e := r.EntityType; e != nil {
		fmt.Fprintf(&t.b, "\nThe line for the configuration, under accounts.%s.servicetrade:\n\n    %s\n", e.Account, e.Line)
	}
	for _, g := range r.Guides {
		t.guide(g)
	}
	fmt.Fprintf(&t.b, "\n%s\n", r.summary())
	for line := range strings.Lines(r.MeteredReads) {
		t.b.WriteString(strings.Join(wrap(line, t.width), "\n") + "\n")
	}
	return t.b.String()
}

func (r *Report) summary() string {
	return fmt.Sprintf("%d ok, %s, %d failed, %d not looked at.", r.Counts[OK], count(r.Counts[Warn], "warning"), r.Counts[Fail], r.Counts[Skip])
}

type writer struct {
	b     strings.Builder
	width int
	paint func(Status, string) string
}

func (t *writer) result(r Result) {
	word := string(r.Status)
	if r.Status == Fail {
		word = "FAIL"
	}
	padded := fmt.Sprintf("%-*s", statusWidth, word)
	if t.paint != nil {
		padded = t.paint(r.Status, padded)
	}
	lines := t.body(r)
	if len(r.Check) >= checkWidth { // it has a line of its own
		lines = append([]string{""}, lines...)
	}
	for i, line := range lines {
		head := strings.Repeat(" ", 2+statusWidth+checkWidth)
		if i == 0 {
			head = fmt.Sprintf("  %s%-*s", padded, checkWidth, r.Check)
		}
		t.b.WriteString(strings.TrimRight(head+line, " ") + "\n")
	}
}

// body is what was looked at, what is wrong, where, and what to do.
func (t *writer) body(r Result) []string {
	room := t.width - 2 - statusWidth - checkWidth
	var lines []string
	for _, part := range []string{r.Where, r.Looked, r.Problem} {
		lines = append(lines, wrap(part, room)...)
	}
	if r.Fix != "" {
		for i, line := range wrap(fmt.Sprintf("%s: %s", r.Owner, r.Fix), room-3) {
			mark := "-> "
			if i > 0 {
				mark = "   "
			}
			lines = append(lines, mark+line)
		}
	}
	return lines
}

func (t *writer) guide(g Guide) {
	t.b.WriteString("\n" + strings.Join(wrap(g.Title, t.width), "\n") + "\n")
	for i, step := range g.Steps {
		for j, line := range wrap(step, t.width-5) {
			mark := "     "
			if j == 0 {
				mark = fmt.Sprintf("%3d. ", i+1)
			}
			t.b.WriteString(mark + line + "\n")
		}
	}
}

// wrap breaks a text between words. A word that is longer than a line stays whole,
// so that a path or an address can be copied. Control characters, which a foreign
// system may have sent, become question marks.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.SplitSeq(printable(s), " ") {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, strings.TrimRight(line, " ")), word
		}
	}
	if line = strings.TrimRight(line, " "); line != "" {
		lines = append(lines, line)
	}
	return lines
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || (r >= 0x7f && r < 0xa0):
			return '?'
		}
		return r
	}, s)
}
