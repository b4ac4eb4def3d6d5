package sage50

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

// sums add up the rows of each document, in the order in which they come.
type sums struct {
	order []documentKey
	of    map[documentKey]decimal.Decimal
	rows  map[documentKey]int
	// last is the document of the last row, and says how many rows it has; 0 where that is
	// not told.
	last documentKey
	says int
}

type documentKey struct {
	number, customer string
	kind             string // TRUE, FALSE, or "" where the export does not show it
}

func newSums() *sums {
	return &sums{of: map[documentKey]decimal.Decimal{}, rows: map[documentKey]int{}}
}

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
	if void := cell(colVoided); void != "" && void != "0" && !strings.EqualFold(void, no) {
		return nil // It does not count.
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
	s.rows[key]++
	s.last = key
	if s.says, err = strconv.Atoi(cell(colDistributions)); err != nil {
		s.says = 0
	}
	return nil
}

// leaveOutCut leaves out the last document where it has fewer rows than it says: the export
// is not all there, and what it shows of that one was never in the books. One that was
// imported twice has its rows twice.
func (s *sums) leaveOutCut() {
	if s.says > 0 && s.rows[s.last]%s.says != 0 {
		s.order = slices.DeleteFunc(s.order, func(k documentKey) bool { return k == s.last })
	}
}

// anAmount is digits, alone or in thousands, with a point; a comma before two digits is
// another country's point.
var anAmount = regexp.MustCompile(`^([0-9]+|[0-9]{1,3}(,[0-9]{3})+)?(\.[0-9]*)?$`)

// readAmount reads 1,234.50, and what is below zero: -12.50, 12.50- and (12.50).
func readAmount(text string) (decimal.Decimal, error) {
	plain, below := strings.ReplaceAll(text, "$", ""), false
	if inner, ok := strings.CutPrefix(plain, "("); ok && strings.HasSuffix(inner, ")") {
		plain, below = strings.TrimSuffix(inner, ")"), true
	} else if inner, ok := strings.CutPrefix(plain, "-"); ok {
		plain, below = inner, true
	} else if inner, ok := strings.CutSuffix(plain, "-"); ok {
		plain, below = inner, true
	}
	if len(plain) > 30 || !anAmount.MatchString(plain) {
		return decimal.Zero, fmt.Errorf("%q is no amount", text)
	}
	a, err := decimal.NewFromString(strings.ReplaceAll(plain, ",", ""))
	if err != nil {
		return decimal.Zero, fmt.Errorf("%q is no amount", text)
	}
	if below {
		a = a.Neg()
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
