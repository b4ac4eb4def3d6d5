package sage50

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

// maxExport bounds an export that is read, in bytes.
const maxExport = 64 << 20

// readExport reads what Sage 50's Sales Journal exported, with headings: the rows of a
// document add up to what its customer owes, the other way round.
func readExport(content []byte) ([]outbox.Exported, error) {
	if len(content) > maxExport {
		return nil, fmt.Errorf("it has %d MB, and at most %d are read", len(content)>>20, maxExport>>20)
	}
	if !bytes.HasSuffix(content, []byte("\n")) {
		return nil, errors.New("its last row has no end of line: a part of it is missing; export it again")
	}
	text, err := decoded(content)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("it has no rows: %w", err)
	}
	at := map[string]int{}
	for i, name := range head {
		name = modern(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if _, twice := at[name]; !twice {
			at[name] = i
		}
	}
	for _, need := range []string{colNumber, colAmount} {
		if _, ok := at[need]; !ok {
			return nil, fmt.Errorf("its first row names no column %q; export with First Row Contains Headings on", need)
		}
	}
	sums := newSums()
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			sums.leaveOutCut()
			return sums.documents(), nil
		}
		if err != nil {
			return nil, err
		}
		if err := sums.add(at, record); err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// decoded is the text of an export. Sage 50 writes the code page of Windows; a program that
// people opened and saved it with writes UTF-8, which the letters of that code page, one
// after the other, make up by chance hardly ever.
func decoded(content []byte) ([]byte, error) {
	if utf8.Valid(content) {
		return content, nil
	}
	return charmap.Windows1252.NewDecoder().Bytes(content)
}
