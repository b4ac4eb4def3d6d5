package fault

import (
	"strings"
	"unicode"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// OneLine puts s on one line: runs of white space and control characters become
// one space, and characters that change the direction of text are left out.
func OneLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
		case isInvisible(r):
		default:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isInvisible tells the marks that reorder the text around them.
func isInvisible(r rune) bool {
	return r == '\u200E' || r == '\u200F' || r == '\uFEFF' ||
		(r >= '\u202A' && r <= '\u202E') || (r >= '\u2066' && r <= '\u2069')
}

// Clip shortens s to at most limit characters; "…" stands for what is left out.
// The same s and limit give the same text.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	if limit <= 0 {
		return ""
	}
	return strings.TrimRight(string(runes[:limit-1]), " ") + "…"
}

// OwnerWord is the owner as people say it.
func OwnerWord(o tradepostv1.FaultOwner) string {
	switch o {
	case tradepostv1.FaultOwner_FAULT_OWNER_OFFICE:
		return "office"
	case tradepostv1.FaultOwner_FAULT_OWNER_BOOKKEEPER:
		return "bookkeeper"
	case tradepostv1.FaultOwner_FAULT_OWNER_ADMIN:
		return "Tradepost administrator"
	default:
		return "Tradepost operator"
	}
}
