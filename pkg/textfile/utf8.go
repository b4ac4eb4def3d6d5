package textfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Wrong is why the content of a file is not text in UTF-8, and what to do about it.
type Wrong struct {
	// Line and Column of the first place that is wrong, in characters from 1.
	Line, Column int
	What, Fix    string
}

const saveAs = "save the file as UTF-8"

// byteOrderMark is what Windows programs put in front of text.
const byteOrderMark = "\ufeff"

// UTF8 returns the text without a byte order mark, or what is wrong with it: another
// encoding, or a NUL, which is in no text that a person wrote.
func UTF8(data []byte) ([]byte, *Wrong) {
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return nil, &Wrong{1, 1, "is UTF-16 text, and has to be UTF-8", saveAs + ": editors and spreadsheets offer it as an encoding (“Unicode” alone is UTF-16)"}
	}
	text := bytes.TrimPrefix(data, []byte(byteOrderMark))
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return text, nil
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		switch {
		case r == 0:
			return nil, place(text[:at], "is not UTF-8 text: it has a NUL here", "remove it; if every second character is a NUL, the file is UTF-16: "+saveAs)
		case r == utf8.RuneError && size == 1:
			return nil, place(text[:at], fmt.Sprintf("is not UTF-8 text: the byte 0x%02X here belongs to another encoding, such as Windows-1252 or Latin-1", text[at]), saveAs)
		}
		at += size
	}
	return text, nil
}

// place is the character behind before.
func place(before []byte, what, fix string) *Wrong {
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &Wrong{line, column, what, fix}
}
