package match

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// exactly makes two spellings equal that a mapping's table takes for one: white space,
// and the ways to encode an accented letter.
func exactly(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

// legalForms end the names of companies, and say nothing about which one it is.
var legalForms = map[string]bool{
	"llc": true, "inc": true, "incorporated": true, "corp": true, "corporation": true, "co": true, "company": true,
	"ltd": true, "limited": true, "lp": true, "llp": true, "pllc": true, "pc": true, "plc": true, "pty": true,
	"gmbh": true, "kg": true, "ag": true, "ab": true, "as": true, "sa": true, "bv": true, "oy": true, "srl": true, "spa": true,
}

// letters have no decomposition, and are written so where they are missing.
var letters = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "æ", "ae", "œ", "oe", "ð", "d", "þ", "th", "&", " and ", "'", "", "’", "", ".", "")

// tokens are the words of a name without case, accents, punctuation and the legal form
// at its end.
func tokens(s string) []string {
	bare := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	plain, _, err := transform.String(bare, cases.Fold().String(s))
	if err != nil {
		plain = s
	}
	words := strings.FieldsFunc(letters.Replace(plain), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for len(words) > 1 && (legalForms[words[len(words)-1]] || words[len(words)-1] == "and") {
		words = words[:len(words)-1]
	}
	return words
}

func joined(words []string) string { return strings.Join(words, " ") }
