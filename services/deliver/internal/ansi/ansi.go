// Package ansi puts texts into the letters of Windows-1252, which programs of Windows
// that import files expect.
package ansi

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/tradepost/tradepost/pkg/fault"
)

// likeness has letters that have no base letter to fall back on.
var likeness = map[rune]string{
	'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ħ': "h", 'ı': "i", '−': "-", '‐': "-", '‑': "-", '′': "'", '″': "\"",
	'≤': "<=", '≥': ">=", '→': "->", '✓': "x", '\u2009': " ", '\u202f': " ",
}

// Text is s on one line in letters that Windows-1252 has. A letter that is not among them
// becomes the one that it is made of, or a question mark: texts are for people, and an
// invoice is not held up for one.
func Text(s string) string {
	var b strings.Builder
	for _, r := range fault.OneLine(s) {
		switch {
		case Holds(r):
			b.WriteRune(r)
		case likeness[r] != "":
			b.WriteString(likeness[r])
		default:
			b.WriteString(plainer(r))
		}
	}
	return fault.OneLine(b.String())
}

// plainer is a letter without its marks.
func plainer(r rune) string {
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, part) && Holds(part) {
			b.WriteRune(part)
		}
	}
	if strings.TrimSpace(b.String()) == "" && !unicode.Is(unicode.Mn, r) {
		return "?"
	}
	return b.String()
}

// Holds tells whether Windows-1252 has a letter.
func Holds(r rune) bool {
	if r < 0x80 {
		return r >= ' '
	}
	_, ok := charmap.Windows1252.EncodeRune(r)
	return ok && !unicode.IsControl(r)
}

// Encode returns text as bytes of Windows-1252; what it does not have, and Text would have
// replaced, becomes a question mark.
func Encode(text string) []byte {
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
