package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	end tokenKind = iota
	word
	text
	sign
)

// token is one word, literal or sign. text is the literal without its quotes.
type token struct {
	kind tokenKind
	text string
	at   int
}

func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

func (t token) describe() string {
	if t.kind == end {
		return "the end of the statement"
	}
	return fmt.Sprintf("%q at line 1, column %d", t.text, t.at+1)
}

// lex cuts a statement into tokens.
func lex(s string) ([]token, error) {
	if !utf8.ValidString(s) {
		return nil, parseError("the statement is not UTF-8")
	}
	var out []token
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case r == '\'':
			t, next, err := lexText(s, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, t), next
		case strings.ContainsRune("=<>(),*", r):
			t := token{sign, string(r), i}
			if (r == '<' || r == '>') && i+1 < len(s) && s[i+1] == '=' {
				t.text += "="
			}
			out, i = append(out, t), i+len(t.text)
		case wordly(r):
			begin := i
			for i < len(s) {
				r, size := utf8.DecodeRuneInString(s[i:])
				if !wordly(r) {
					break
				}
				i += size
			}
			out = append(out, token{word, s[begin:i], begin})
		default:
			return nil, parseError(fmt.Sprintf("Lexical error at column %d, encountered %q", i+1, r))
		}
	}
	return append(out, token{kind: end, at: len(s)}), nil
}

// wordly tells whether a rune may be part of a word or an unquoted value: names,
// numbers, dates and times.
func wordly(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-+:", r)
}

// lexText reads a literal in single quotation marks; a backslash takes away the
// meaning of the character that follows.
func lexText(s string, begin int) (token, int, error) {
	var b strings.Builder
	for i := begin + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case '\'':
			return token{text, b.String(), begin}, i + 1, nil
		default:
			b.WriteByte(s[i])
		}
	}
	return token{}, 0, parseError(fmt.Sprintf("Lexical error at column %d, a quotation mark is not closed", begin+1))
}
