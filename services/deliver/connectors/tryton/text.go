package tryton

import (
	"strings"
	"unicode"
)

// paragraph is a text as Tryton can keep it: with its line breaks, without other control
// characters, which some databases refuse.
func paragraph(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// oneLine is a text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(paragraph(s)), " ") }

// joined joins what is there of parts.
func joined(by string, parts ...string) string {
	var there []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, by)
}

// labelled is "Label: value", or "" where there is no value.
func labelled(label, value string) string {
	if value = oneLine(value); value == "" {
		return ""
	}
	return label + ": " + value
}
