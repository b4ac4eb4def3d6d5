package normalise

import (
	"fmt"
	"strings"
	"unicode"
)

// text cleans text that may have several lines: one kind of line end, no control
// characters, no white space around it. Everything else stays as the user wrote it.
func text(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// OneLine cleans text that belongs on one line: a name, a number.
func OneLine(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Join(strings.Fields(text(s)), " ")
}

// isPlain tells text that is clean already, as nearly all of it is: printable ASCII
// with single spaces inside.
func isPlain(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || (c == ' ' && space) {
			return false
		}
		space = c == ' '
	}
	return !space || s == ""
}

// size is a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%d.%d MB", bytes>>20, (bytes&(1<<20-1))*10>>20)
	case bytes >= 1<<10:
		return fmt.Sprintf("%d KB", bytes>>10)
	default:
		return fmt.Sprintf("%d bytes", bytes)
	}
}
