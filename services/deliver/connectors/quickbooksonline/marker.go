package quickbooksonline

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
)

// stamp is what stands in front of a document's private note: whose it is, what was
// posted, and how to tell whether somebody changed it since.
//
//	[st-acme-1042 <hash of the content> <check> <date of the invoice, where it differs>]
type stamp struct {
	marker string
	// hash of the content that was posted, hex; "" where it was not a SHA-256.
	hash string
	// check is the digest of what QuickBooks was given.
	check string
	// issued is the date of the invoice, where the books have another one.
	issued string
}

var stampPattern = regexp.MustCompile(`\[(st-[a-z0-9-]{1,40}-[0-9]{1,19}(?:-c)?(?:-v)?) ([A-Za-z0-9_-]{43}|-) ([A-Za-z0-9_-]{11})(?: ([0-9]{4}-[0-9]{2}-[0-9]{2}))?\]`)

// text is the stamp as it is written. It stays short: QuickBooks prints the note on a
// customer's statement.
func (s stamp) text() string {
	hash := "-"
	if raw, err := hex.DecodeString(s.hash); err == nil && len(raw) == sha256.Size {
		hash = base64.RawURLEncoding.EncodeToString(raw)
	}
	text := "[" + s.marker + " " + hash + " " + s.check
	if s.issued != "" {
		text += " " + s.issued
	}
	return text + "]"
}

// stampOf reads the stamp of a note, wherever it stands: QuickBooks puts "Voided" in
// front, and bookkeepers add words of their own.
func stampOf(note string) (stamp, bool) {
	m := stampPattern.FindStringSubmatch(note)
	if m == nil {
		return stamp{}, false
	}
	s := stamp{marker: m[1], check: m[3], issued: m[4]}
	if raw, err := base64.RawURLEncoding.DecodeString(m[2]); err == nil && len(raw) == sha256.Size {
		s.hash = hex.EncodeToString(raw)
	}
	return s, true
}

// besideStamp is a note without its stamp.
func besideStamp(note string) string {
	at := stampPattern.FindStringIndex(note)
	if at == nil {
		return note
	}
	return note[:at[0]] + note[at[1]:]
}

// unstamped keeps text of an invoice from being taken for a stamp.
func unstamped(text string) string { return strings.ReplaceAll(text, "[st-", "[ st-") }

// isVoid tells what a void left: amounts of zero, and the word in front of the note.
func (p *paper) isVoid() bool {
	return strings.HasPrefix(strings.TrimSpace(p.PrivateNote), "Voided") && amountOf(p.TotalAmt) == "0"
}
