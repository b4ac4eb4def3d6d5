package sage50

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/tradepost/tradepost/pkg/fault"
)

// letters that have no base letter to fall back on.
var likeness = map[rune]string{
	'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ħ': "h", 'ı': "i", '−': "-", '‐': "-", '‑': "-", '′': "'", '″': "\"",
	'≤': "<=", '≥': ">=", '→': "->", '✓': "x", '\u2009': " ", '\u202f': " ",
}

// ansi is s on one line in the letters that the files can hold (Windows-1252). A letter
// that is not among them becomes the one that it is made of, or a question mark: texts are
// for people, and an invoice is not held up for one.
func ansi(s string) string {
	var b strings.Builder
	for _, r := range fault.OneLine(s) {
		switch {
		case holds(r):
			b.WriteRune(r)
		case likeness[r] != "":
			b.WriteString(likeness[r])
		default:
			b.WriteString(plainer(r))
		}
	}
	return b.String()
}

// plainer is a letter without its marks.
func plainer(r rune) string {
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, part) && holds(part) {
			b.WriteRune(part)
		}
	}
	if b.Len() == 0 && !unicode.Is(unicode.Mn, r) {
		return "?"
	}
	return b.String()
}

func holds(r rune) bool {
	if r < 0x80 {
		return r >= ' '
	}
	_, ok := charmap.Windows1252.EncodeRune(r)
	return ok && !unicode.IsControl(r)
}

// clipped is the text, as much of it as fits. Only texts that no money hangs on are cut.
func clipped(s string, limit int) string {
	if s = ansi(s); utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:limit]), " ")
}

// idProblem tells why a text cannot be the id of a record of Sage 50; "" when it can.
func idProblem(id string, limit int) string {
	switch n := utf8.RuneCountInString(id); {
	case id == "":
		return "is empty"
	case n > limit:
		return fmt.Sprintf("has %d characters, and Sage 50 takes %d", n, limit)
	case id != strings.TrimSpace(id):
		return "begins or ends with a blank"
	case strings.ContainsAny(id, "*?+"):
		return "has one of the characters * ? +, which Sage 50 does not take in an id"
	}
	for _, r := range id {
		if !holds(r) {
			return fmt.Sprintf("has the character %q, which the file cannot hold", r)
		}
	}
	return ""
}

// encoded is text as bytes of Windows-1252; all of it passed ansi or idProblem.
func encoded(text string) []byte {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			c = '?'
		}
		b = append(b, c)
	}
	return b
}
