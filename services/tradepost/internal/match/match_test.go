package match_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/tradepost/internal/match"
)

func named(names ...string) []connector.ReferenceRecord {
	list := make([]connector.ReferenceRecord, len(names))
	for i, n := range names {
		list[i] = connector.ReferenceRecord{Kind: connector.ReferenceCustomer, ID: "id of " + n, Name: n}
	}
	return list
}

func TestWhatIsProposed(t *testing.T) {
	books := named(
		"Harbor Point Medical Center", "Piedmont Cold Storage", "BRUDER WAGNER BRAUHAUS GmbH", "OMalleys Pub and Grille", "Lodz Deli & Pierogi Company",
		"Rivers Three Property Mgmt", "Saint Annes Hospital North Campus", "Store 4", "Twins Inc.", "Twins Inc.", "Gable & Finch Hotel",
	)
	for name, want := range map[string]struct {
		exact  bool
		first  string
		reason string
	}{
		"Harbor Point  Medical Center":         {true, "Harbor Point Medical Center", "has the same name"},
		"Piedmont Cold Storage, Inc.":          {false, "Piedmont Cold Storage", "the same but for case, accents, punctuation or legal form"},
		"piedmont cold storage":                {false, "Piedmont Cold Storage", "the same but for case"},
		"Brüder Wägner Brauhaus":               {false, "BRUDER WAGNER BRAUHAUS GmbH", "the same but for case"},
		"O'Malley's Pub & Grille":              {false, "OMalleys Pub and Grille", "the same but for case"},
		"Łódź Deli & Pierogi Co.":              {false, "Lodz Deli & Pierogi Company", "the same but for case"},
		"Three Rivers Property Management LLC": {false, "Rivers Three Property Mgmt", "similar words"},
		"St. Anne’s Hospital — North Campus":   {false, "Saint Annes Hospital North Campus", "similar words"},
		"Gable & Finch Hotels":                 {false, "Gable & Finch Hotel", "similar words"},
		"Store 5":                              {false, "", ""},
		"Twins Inc.":                           {false, "Twins Inc.", "has the same name"},
		"三井 Trading (USA)":                     {false, "", ""},
	} {
		m := match.Propose([]match.Record{{Key: "1", Name: name}}, books)[0]
		require.Equal(t, want.exact, m.Exact, name)
		if want.first == "" {
			require.Empty(t, m.Candidates, name)
			continue
		}
		require.NotEmpty(t, m.Candidates, name)
		require.Equal(t, want.first, m.Candidates[0].Name, name)
		require.Contains(t, m.Candidates[0].Reason, want.reason, name)
	}
}

func TestSameIsNotExactWhereItIsInDoubt(t *testing.T) {
	item := func(code, name string, inactive bool) connector.ReferenceRecord {
		return connector.ReferenceRecord{Kind: connector.ReferenceItem, Code: code, Name: name, Inactive: inactive}
	}
	books := []connector.ReferenceRecord{item("TRIP", "Trip charge", false), item("OLD", "Old part", true), item("A", "Alpha", false), item("B", "Beta", false)}
	records := []match.Record{
		{Key: "1", Code: "TRIP", Name: "Travel"},
		{Key: "2", Code: "OLD", Name: "x"},
		{Key: "3", Code: "A", Name: "Beta"},
		{Key: "4", Code: "4", Name: "Twin"},
		{Key: "5", Code: "5", Name: "Twin"},
	}
	all := match.Propose(records, append(books, item("T", "Twin", false)))
	require.True(t, all[0].Exact)
	require.Equal(t, "has the same code", all[0].Candidates[0].Reason)
	for i, doubt := range map[int]string{
		1: "it is inactive in the books", 2: "several records of the books are called so", 3: "several records of ServiceTrade are called so",
	} {
		require.False(t, all[i].Exact)
		require.Equal(t, doubt, all[i].Doubt)
	}
	both := match.Propose([]match.Record{{Key: "1", Code: "TRIP", Name: "x"}, {Key: "2", Name: "Trip charge"}}, books)
	require.False(t, both[0].Exact || both[1].Exact, "one record of the books for two of ServiceTrade")
}

// rows are what a mapping reads of a table.
func rows(t require.TestingT, table string, keys ...string) map[string]*tradepostv1.Reference {
	m, err := mapping.ParseFiles("m.yaml", func(path string) ([]byte, error) {
		if path == "m.yaml" {
			return []byte("version: 1\ncustomers: {match: [table], table_file: t.csv}\n"), nil
		}
		return []byte(table), nil
	})
	require.NoError(t, err, table)
	found := map[string]*tradepostv1.Reference{}
	for _, k := range keys {
		if a, ok := m.Customer(mapping.CustomerQuery{Name: k}); ok {
			found[k] = a.Reference
		}
	}
	return found
}

// Whatever the names: only what is exactly the same and there once becomes a row, the
// file can be read, and so can what a person makes of it by taking a # away.
func TestNothingIsEverLinkedFuzzily(t *testing.T) {
	name := rapid.OneOf(rapid.String(), rapid.StringMatching(`#?[A-Ca-cÄä,"; ]{1,6}( LLC| Inc\.)?`))
	rapid.Check(t, func(t *rapid.T) {
		var records []match.Record
		var keys []string
		for i, n := range rapid.SliceOfN(name, 0, 8).Draw(t, "servicetrade") {
			key := rapid.SampledFrom([]string{"#", "", `"`, ",", "k"}).Draw(t, "key") + strings.Repeat("i", i+1)
			records, keys = append(records, match.Record{Key: key, Name: n}), append(keys, key)
		}
		books := named(rapid.SliceOfN(name, 0, 8).Draw(t, "books")...)
		all := match.Propose(records, books)
		require.Len(t, all, len(records))
		found := rows(t, match.Table(all), keys...)
		exact := 0
		for i, m := range all {
			require.Equal(t, records[i], m.Record)
			require.Equal(t, m.Exact, found[m.Record.Key] != nil)
			if !m.Exact {
				continue
			}
			exact++
			require.Equal(t, strings.Join(strings.Fields(m.Record.Name), " "), strings.Join(strings.Fields(m.Candidates[0].Name), " "))
			require.Equal(t, tradepostv1.ReferenceBy_REFERENCE_BY_ID, found[m.Record.Key].GetBy())
		}
		require.Len(t, found, exact)
	})
}

func TestAProposalCountsOnceItIsTakenOver(t *testing.T) {
	table := match.Table(match.Propose([]match.Record{{Key: "9003", Name: "Piedmont Cold Storage, Inc."}, {Key: "9", Name: "Zebra"}}, named("Piedmont Cold Storage")))
	require.Equal(t, `servicetrade,books,by
# Rows are exact matches. A proposal counts once you take the # away from its row.
#
# Piedmont Cold Storage, Inc.: not decided
#   "Piedmont Cold Storage" the same but for case, accents, punctuation or legal form (score 0.99)
#9003,id of Piedmont Cold Storage,id
#
# Zebra: nothing in the books is like it
#9,,
`, table)
	require.Empty(t, rows(t, table, "9003", "9"))
	taken := rows(t, strings.Replace(table, "#9003", "9003", 1), "9003", "9")
	require.Equal(t, "id of Piedmont Cold Storage", taken["9003"].GetValue())
	require.Len(t, taken, 1)
}

func BenchmarkPropose(b *testing.B) {
	var records []match.Record
	var names []string
	for i := range 5_000 {
		n := strings.ToTitle(string(rune('a'+i%26))) + "cme " + strings.Repeat(string(rune('a'+i/26%26)), 4) + " Property Management " + strings.Repeat(string(rune('a'+i/676)), 3)
		records, names = append(records, match.Record{Key: n, Name: n + " LLC"}), append(names, n)
	}
	books := named(names...)
	for b.Loop() {
		match.Propose(records, books)
	}
}
