// Package match proposes which record of the books is which record of ServiceTrade. It
// decides nothing: only what a mapping would itself take for the same is called exact,
// and everything else is a proposal for a person.
package match

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// enough is the least score of a proposal.
	enough = 0.70
	// proposals is how many are made for one record.
	proposals = 3
)

// Record is a record of ServiceTrade that a mapping has to know.
type Record struct {
	// Key is what the table has on its left: an id, or the text itself.
	Key string `json:"key"`
	// Code and Name are what people know it by; "" where it has none.
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
}

// Candidate is a record of the books that could be it.
type Candidate struct {
	connector.ReferenceRecord
	// Score goes from 0 to 1, Reason says why in a few words.
	Score  float64 `json:"score"`
	Reason string  `json:"reason"`
}

// Match is what was found for a record of ServiceTrade.
type Match struct {
	Record Record `json:"record"`
	// Exact says that the only candidate has the same code or name, and that no other
	// record of either side has it.
	Exact bool `json:"exact"`
	// Candidates are the best few, the best one first; none where nothing is like it.
	Candidates []Candidate `json:"candidates"`
	// Doubt says why what is the same is not exact all the same; "" else.
	Doubt string `json:"doubt,omitempty"`
}

// Propose looks for each record of ServiceTrade among those of the books. The answers
// are in the order of the records.
func Propose(records []Record, books []connector.ReferenceRecord) []Match {
	x := newIndex(books)
	used := map[string]int{} // how many records of ServiceTrade have a name or code
	for _, r := range records {
		for _, word := range r.words() {
			used[word]++
		}
	}
	all := make([]Match, len(records))
	for i, r := range records {
		all[i] = x.match(r, used)
	}
	x.onlyOnce(all)
	return all
}

// words are the spellings under which a record is exactly known, each once.
func (r Record) words() []string {
	return distinct(exactly(r.Code), exactly(r.Name))
}

func distinct(words ...string) []string {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	slices.Sort(words)
	return slices.Compact(words)
}

func (x *index) match(r Record, used map[string]int) Match {
	m := x.same(r, used)
	if len(m.Candidates) == 0 {
		m.Candidates = x.like(r)
	}
	slices.SortFunc(m.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(key(a.ReferenceRecord), key(b.ReferenceRecord)))
	})
	m.Candidates = m.Candidates[:min(len(m.Candidates), proposals)]
	return m
}

// same finds what has the very code or name of r, and what stands against its being exact.
func (x *index) same(r Record, used map[string]int) Match {
	m, found := Match{Record: r}, map[int]string{}
	for _, word := range r.words() {
		for _, at := range x.exact[word] {
			found[at] = "has the same name"
			if word == exactly(r.Code) {
				found[at] = "has the same code"
			}
			if used[word] > 1 {
				m.Doubt = "several records of ServiceTrade are called so"
			}
		}
	}
	for at, reason := range found {
		m.Candidates = append(m.Candidates, Candidate{x.books[at], 1, reason})
		if x.books[at].Inactive {
			m.Doubt = "it is inactive in the books"
		}
	}
	if len(found) > 1 {
		m.Doubt = "several records of the books are called so"
	}
	m.Exact = len(found) == 1 && m.Doubt == ""
	return m
}

// onlyOnce takes back what would give one record of the books to two of ServiceTrade
// by different words: one by its code, the other by its name.
func (x *index) onlyOnce(all []Match) {
	taken := map[string]int{}
	for _, m := range all {
		if m.Exact {
			taken[key(m.Candidates[0].ReferenceRecord)]++
		}
	}
	for i, m := range all {
		if m.Exact && taken[key(m.Candidates[0].ReferenceRecord)] > 1 {
			all[i].Exact, all[i].Doubt = false, "several records of ServiceTrade match it"
		}
	}
}

func key(r connector.ReferenceRecord) string { return fmt.Sprintf("%q %q %q", r.ID, r.Code, r.Name) }
