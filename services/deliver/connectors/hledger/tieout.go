package hledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// Tie is what the books hold of Tradepost's documents, as the hledger program
// itself counts it.
type Tie struct {
	// Total is the sum of what the documents debit to customers, credit memos
	// taken off; in the books' currency.
	Total decimal.Decimal
	// Count is the number of transactions with a marker.
	Count int
	// Documents has the same by marker, with the sign of the journal. A marker
	// that occurs twice is added up, and counted twice.
	Documents map[string]decimal.Decimal
}

// TieOut has hledger check the whole book in dir strictly, and returns what its
// documents add up to: computed from hledger's JSON, and compared with the
// balance that hledger itself reports. It needs the program (name or path; ""
// is hledger), and fails when the book does not check.
func TieOut(ctx context.Context, dir, programName string) (Tie, error) {
	if programName == "" {
		programName = kind
	}
	p := program{programName, dir}
	if _, err := p.run(ctx, "", "-f", mainFile, "check", "--strict"); err != nil {
		return Tie{}, fmt.Errorf("check the books in %s: %w", dir, err)
	}
	out, err := p.run(ctx, "", "-f", mainFile, "print", "tag:^stid$", "-O", "json")
	if err != nil {
		return Tie{}, fmt.Errorf("print the documents in %s: %w", dir, err)
	}
	tie, err := tieOf(out)
	if err != nil {
		return Tie{}, fmt.Errorf("add up the documents in %s: %w", dir, err)
	}
	balance, err := p.run(ctx, "", "-f", mainFile, "balance", "tag:^stid$", "tag:^cust$", "-O", "json")
	if err != nil {
		return Tie{}, fmt.Errorf("balance the documents in %s: %w", dir, err)
	}
	reported, err := balanceTotal(balance)
	if err != nil {
		return Tie{}, fmt.Errorf("read the balance of %s: %w", dir, err)
	}
	if !reported.Equal(tie.Total) {
		return Tie{}, fmt.Errorf("the balance of the documents in %s is %s, but their postings add up to %s", dir, reported, tie.Total)
	}
	return tie, nil
}

// The parts of hledger's JSON that are read; amounts exactly, as mantissa and places.
type (
	jsonAmount struct {
		Quantity struct {
			Mantissa json.Number `json:"decimalMantissa"`
			Places   int32       `json:"decimalPlaces"`
		} `json:"aquantity"`
		Commodity string `json:"acommodity"`
	}
	jsonPosting struct {
		Amounts []jsonAmount `json:"pamount"`
		Tags    [][2]string  `json:"ptags"`
	}
	jsonTransaction struct {
		Tags     [][2]string   `json:"ttags"`
		Postings []jsonPosting `json:"tpostings"`
	}
)

func tieOf(out string) (Tie, error) {
	var transactions []jsonTransaction
	if err := json.Unmarshal([]byte(out), &transactions); err != nil {
		return Tie{}, fmt.Errorf("read hledger's JSON: %w", err)
	}
	tie := Tie{Documents: map[string]decimal.Decimal{}}
	for _, tx := range transactions {
		marker, ok := tagOf(tx.Tags, "stid")
		if !ok {
			continue
		}
		tie.Count++
		for _, p := range tx.Postings {
			if _, owed := tagOf(p.Tags, "cust"); !owed {
				continue
			}
			amount, err := addUp(p.Amounts)
			if err != nil {
				return Tie{}, fmt.Errorf("%s: %w", marker, err)
			}
			tie.Documents[marker] = tie.Documents[marker].Add(amount)
			tie.Total = tie.Total.Add(amount)
		}
	}
	return tie, nil
}

// balanceTotal reads hledger's balance: a list of its rows and the total.
func balanceTotal(out string) (decimal.Decimal, error) {
	var report []json.RawMessage
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return decimal.Zero, err
	}
	if len(report) != 2 {
		return decimal.Zero, errors.New("it does not have rows and a total")
	}
	var total []jsonAmount
	if err := json.Unmarshal(report[1], &total); err != nil {
		return decimal.Zero, err
	}
	return addUp(total)
}

// addUp adds amounts of one commodity; two would not add up to anything.
func addUp(amounts []jsonAmount) (decimal.Decimal, error) {
	var sum decimal.Decimal
	for _, a := range amounts {
		if a.Commodity != amounts[0].Commodity {
			return decimal.Zero, fmt.Errorf("amounts in %q and %q cannot be added", amounts[0].Commodity, a.Commodity)
		}
		mantissa, err := decimal.NewFromString(a.Quantity.Mantissa.String())
		if err != nil {
			return decimal.Zero, fmt.Errorf("read an amount: %w", err)
		}
		sum = sum.Add(mantissa.Shift(-a.Quantity.Places))
	}
	return sum, nil
}

func tagOf(tags [][2]string, name string) (string, bool) {
	for _, t := range tags {
		if t[0] == name {
			return t[1], true
		}
	}
	return "", false
}
