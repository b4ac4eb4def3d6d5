package hledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/fault"
)

// Every text of a document passes through one of these before it is written:
// a line break would start a new entry, a semicolon a comment, a comma another
// tag, two spaces the amount, square brackets a date, and a customer could give
// himself the marker of somebody else's invoice.

// ours are the tags that Tradepost reads back. A space before the colon keeps a
// text that holds one from being taken for it.
var ours = regexp.MustCompile(`(?i)\b(stid|sthash|stbytes):`)

func plain(s string) string {
	return ours.ReplaceAllString(fault.OneLine(s), "$1 :")
}

// payeeText is for what stands between date and note.
func payeeText(s string) string {
	return strings.TrimSpace(strings.NewReplacer(";", ",", "|", "/").Replace(plain(s)))
}

// tagText is for the value of a tag.
func tagText(s string) string {
	return strings.TrimSpace(strings.NewReplacer(",", ";", "[", "(", "]", ")").Replace(plain(s)))
}

// accountPart makes one level of an account's name. What had to be replaced is
// told apart by a hash, so that two customers never share an account.
func accountPart(s string) string {
	line := fault.OneLine(s)
	part := strings.TrimSpace(strings.NewReplacer(":", "-", ";", ",").Replace(line))
	if part == s && part != "" {
		return part
	}
	sum := sha256.Sum256([]byte(s))
	return strings.TrimSpace(part + " " + hex.EncodeToString(sum[:4]))
}

// accountProblem tells why a name cannot be an account's; names from the mapping
// are refused, never changed.
func accountProblem(name string) error {
	if name == "" {
		return errors.New("is empty")
	}
	if fault.OneLine(name) != name || strings.Contains(name, ";") {
		return errors.New("holds a semicolon, a line break, two spaces in a row or spaces at its ends")
	}
	first, _ := utf8.DecodeRuneInString(name)
	if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return errors.New("does not begin with a letter or a digit")
	}
	for part := range strings.SplitSeq(name, ":") {
		if part == "" || strings.TrimSpace(part) != part {
			return errors.New("has an empty level, or spaces beside a colon")
		}
	}
	return nil
}

// numberFits tells whether a document number can be written as the code of an
// entry and be read back unchanged.
func numberFits(number string) bool {
	return plain(number) == number && !strings.ContainsAny(number, "();")
}

func isSymbol(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && size > 0 && unicode.Is(unicode.Sc, r)
}

func isLetters(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}
