package book

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func options(t *rapid.T) Options {
	return Options{
		Seed: rapid.Int64().Draw(t, "seed"), Invoices: rapid.IntRange(1, 60).Draw(t, "invoices"),
		Extras: rapid.IntRange(0, 8).Draw(t, "extras"), TaxShown: rapid.Bool().Draw(t, "tax"),
		MaxLines: rapid.IntRange(1, 60).Draw(t, "max lines"),
		Faults:   rapid.SampledFrom([][][]string{nil, DemoFaults(), {{FaultTotal}}, {{FaultItem, FaultCustomer}}}).Draw(t, "faults"),
	}
}

func TestSameSeedSameBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := options(t)
		first, err := json.Marshal(Generate(o))
		require.NoError(t, err)
		second, err := json.Marshal(Generate(o))
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
}

func TestTotalsAddUpUnlessPlannedOtherwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := options(t)
		b := Generate(o)
		for _, inv := range b.Invoices {
			sum := decimal.Zero
			for _, l := range inv.Lines {
				sum = sum.Add(l.Quantity.Mul(l.Price.Decimal).Round(2))
			}
			if inv.Tax != nil {
				require.True(t, inv.Tax.Subtotal.Equal(sum))
				sum = sum.Add(inv.Tax.Tax.Decimal)
			}
			wrong := slices.Contains(b.Expected[inv.ID].Faults, FaultTotal)
			require.Equal(t, !wrong, inv.Total.Equal(sum), "invoice %d: %s and %s", inv.ID, inv.Total, sum)
			require.LessOrEqual(t, len(inv.Lines), max(o.MaxLines, 2))
			require.NotEmpty(t, inv.Lines)
			require.False(t, inv.Total.IsZero())
		}
	})
}

func TestExternalIDsAndIDsAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Generate(options(t))
		values, ids := map[string]bool{}, map[int64]bool{}
		use := func(key string) {
			require.False(t, values[key], "key %s is used twice", key)
			values[key] = true
		}
		for _, c := range b.Companies {
			for _, v := range c.ExternalIDs {
				use(v)
			}
		}
		for _, i := range b.LibItems {
			for _, v := range i.ExternalIDs {
				use(v)
			}
		}
		for _, row := range slices.Concat(b.CustomerTable, b.ItemTable) {
			use(row.Key)
		}
		for _, inv := range b.Invoices {
			require.False(t, ids[inv.ID])
			ids[inv.ID] = true
			for _, l := range inv.Lines {
				require.False(t, ids[l.ID])
				ids[l.ID] = true
			}
		}
	})
}

// The labels must be right by another way of counting: from the records alone.
func TestExpectationsFollowFromTheRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Generate(options(t))
		for _, inv := range b.Invoices {
			expected, labelled := b.Expected[inv.ID]
			require.Equal(t, labelled, inv.Type == "invoice" && inv.Status == "ok")
			if labelled {
				require.Equal(t, judge(t, b, inv), append([]string{}, expected.Faults...), "invoice %d", inv.ID)
				require.Equal(t, expected.CreditMemo, inv.Total.IsNegative())
			}
		}
	})
}

func judge(t *rapid.T, b *Book, inv Invoice) []string {
	out := []string{}
	inTable := func(table []TableRow, id int64) bool {
		return slices.ContainsFunc(table, func(r TableRow) bool { return r.ID == id })
	}
	at := slices.IndexFunc(b.Companies, func(c Company) bool { return c.ID == inv.CustomerID })
	if len(b.Companies[at].ExternalIDs) == 0 && !inTable(b.CustomerTable, inv.CustomerID) {
		out = append(out, FaultCustomer)
	}
	zone, err := time.LoadLocation(b.TimeZone)
	require.NoError(t, err)
	if time.Unix(inv.TransactionDate, 0).In(zone).Format(time.DateOnly) <= b.BooksClosedThrough {
		out = append(out, FaultDate)
	}
	for _, l := range inv.Lines {
		at := slices.IndexFunc(b.LibItems, func(i LibItem) bool { return i.ID == l.LibItemID })
		if len(b.LibItems[at].ExternalIDs) == 0 && !inTable(b.ItemTable, l.LibItemID) && !slices.Contains(out, FaultItem) {
			out = append(out, FaultItem)
		}
	}
	sum := Sum(inv.Lines)
	if inv.Tax != nil {
		sum = Amount{sum.Add(inv.Tax.Tax.Decimal)}
	}
	if !sum.Equal(inv.Total.Decimal) {
		out = append(out, FaultTotal)
	}
	slices.Sort(out)
	return out
}

func TestTaxIsSeparable(t *testing.T) {
	plain, taxed := Generate(Options{Seed: 3}), Generate(Options{Seed: 3, TaxShown: true})
	count := 0
	for i, inv := range taxed.Invoices {
		require.Equal(t, inv.Tax != nil, taxed.Expected[inv.ID].Taxed)
		if inv.Tax != nil {
			count++
			inv.Total = inv.Tax.Subtotal
			inv.Tax = nil
		}
		require.Equal(t, plain.Invoices[i].Total.String(), inv.Total.String())
		require.Equal(t, plain.Invoices[i].Lines, inv.Lines)
	}
	require.Greater(t, count, 5)
}

func TestDemoHoldsEveryKindOfInvoice(t *testing.T) {
	for seed := range int64(20) {
		b := Demo(seed)
		require.Len(t, b.Invoices, 40)
		alone, failing, credits, longest, text, mixed := map[string]int{}, 0, 0, 0, 0, 0
		for _, inv := range b.Invoices {
			e := b.Expected[inv.ID]
			if !e.Posted() {
				failing++
			}
			if len(e.Faults) == 1 {
				alone[e.Faults[0]]++
			}
			if e.CreditMemo {
				credits++
			}
			longest = max(longest, len(inv.Lines))
			signs := map[int]bool{}
			for _, l := range inv.Lines {
				text = max(text, len(l.Description))
				signs[l.Price.Sign()] = true
			}
			if signs[1] && signs[-1] {
				mixed++
			}
		}
		require.Equal(t, 10, failing)
		require.Equal(t, map[string]int{FaultCustomer: 2, FaultItem: 2, FaultTotal: 2, FaultDate: 2}, alone)
		require.GreaterOrEqual(t, credits, 2)
		require.GreaterOrEqual(t, mixed, 2)
		require.Equal(t, 60, longest)
		require.Greater(t, text, 10000)
	}
}

func TestBookKeepsAwayFromWhatItShouldNotDependOn(t *testing.T) {
	small, large := Generate(Options{Seed: 9, Invoices: 20}), Generate(Options{Seed: 9, Invoices: 20, Extras: 30})
	require.Equal(t, small.Invoices, large.Invoices[:20])
	require.NotEqual(t, Generate(Options{Seed: 1}).Invoices, Generate(Options{Seed: 2}).Invoices)
}

func TestAmountWritesItsOwnDigits(t *testing.T) {
	for literal, want := range map[string]string{
		"522.50": "522.5", "0": "0", "-813.15": "-813.15", "68.3333": "68.3333", "12345678901234.5678": "12345678901234.5678",
		"1e3": "1000",
	} {
		a, err := ParseAmount(literal)
		require.NoError(t, err)
		out, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, want, string(out))
		var back Amount
		require.NoError(t, json.Unmarshal(out, &back))
		require.True(t, back.Equal(a.Decimal))
	}
	require.Equal(t, "0.03", Extend(NewAmount("0.5"), NewAmount("0.05")).String(), "half a cent goes up")
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"1", "-0.005", "1e9", "1e999999999", "NaN", "", "١٢", strings.Repeat("9", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		back, err := ParseAmount(a.String())
		require.NoError(t, err)
		require.True(t, back.Equal(a.Decimal))
	})
}
