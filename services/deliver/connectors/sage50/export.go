package sage50

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"
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
	text, err := charmap.Windows1252.NewDecoder().Bytes(content)
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
		name = modern(strings.TrimSpace(strings.TrimPrefix(name, "ï»¿")))
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

// sums add up the rows of each document, in the order in which they come.
type sums struct {
	order []documentKey
	of    map[documentKey]decimal.Decimal
}

type documentKey struct {
	number, customer string
	kind             string // TRUE, FALSE, or "" where the export does not show it
}

func newSums() *sums { return &sums{of: map[documentKey]decimal.Decimal{}} }

func (s *sums) add(at map[string]int, record []string) error {
	cell := func(column string) string {
		i, ok := at[column]
		if !ok || i >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	number := cell(colNumber)
	if number == "" || strings.EqualFold(cell("Quote"), yes) {
		return nil // Not numbered yet, or no invoice.
	}
	amount, err := readAmount(cell(colAmount))
	if err != nil {
		return err
	}
	kind := strings.ToUpper(cell(colCreditMemo))
	if kind != yes && kind != no {
		kind = ""
	}
	key := documentKey{number, cell(colCustomer), kind}
	if _, known := s.of[key]; !known {
		s.order = append(s.order, key)
	}
	s.of[key] = s.of[key].Add(amount)
	return nil
}

// readAmount reads 1,234.50 and (12.50), which is below zero.
func readAmount(text string) (decimal.Decimal, error) {
	plain := strings.ReplaceAll(strings.TrimPrefix(text, "$"), ",", "")
	if inner, ok := strings.CutPrefix(plain, "("); ok && strings.HasSuffix(inner, ")") {
		plain = "-" + strings.TrimSuffix(inner, ")")
	}
	if len(plain) > 30 || strings.ContainsAny(plain, "eE") {
		return decimal.Zero, fmt.Errorf("%q is no amount", text)
	}
	a, err := decimal.NewFromString(plain)
	if err != nil {
		return decimal.Zero, fmt.Errorf("%q is no amount", text)
	}
	return a, nil
}

func (s *sums) documents() []outbox.Exported {
	all := make([]outbox.Exported, 0, len(s.order))
	for _, key := range s.order {
		d := outbox.Exported{Number: key.number, Customer: key.customer}
		owed := s.of[key].Neg()
		if key.kind != "" {
			memo := key.kind == yes
			d.CreditMemo = &memo
			if memo {
				owed = owed.Neg()
			}
		} else {
			owed = owed.Abs()
		}
		d.Total = owed.StringFixed(2)
		all = append(all, d)
	}
	return all
}
