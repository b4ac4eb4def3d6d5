package match

import (
	"slices"

	"github.com/tradepost/tradepost/pkg/connector"
)

// prefix is how many letters of a word two names have to share to be compared at all.
const prefix = 3

// most is how many records of the books one of ServiceTrade is compared with. Where
// more share the beginning of a word, the rarest words decide which.
const most = 200

// index finds records of the books without comparing each with each.
type index struct {
	books []connector.ReferenceRecord
	// exact are the places of those with a code or name, near of those with a word that
	// begins so.
	exact, near map[string][]int
	// names are the words of each one's name and code.
	names [][][]string
}

func newIndex(books []connector.ReferenceRecord) *index {
	x := &index{books: books, exact: map[string][]int{}, near: map[string][]int{}, names: make([][][]string, len(books))}
	for at, b := range books {
		for _, word := range distinct(exactly(b.Code), exactly(b.Name)) {
			x.exact[word] = append(x.exact[word], at)
			words := tokens(word)
			x.names[at] = append(x.names[at], words)
			for _, begin := range beginnings(words) {
				x.near[begin] = append(x.near[begin], at)
			}
		}
	}
	return x
}

// beginnings are the first letters of words, each once.
func beginnings(words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		r := []rune(w)
		list[i] = string(r[:min(len(r), prefix)])
	}
	return distinct(list...)
}

// like are the records of the books whose words are like those of r.
func (x *index) like(r Record) []Candidate {
	best := map[int]Candidate{}
	for _, word := range r.words() {
		words := tokens(word)
		x.nearest(words, best)
		for at, c := range best {
			for _, name := range x.names[at] {
				if score, reason := judge(words, name); score > c.Score {
					c.Score, c.Reason = score, reason
					best[at] = c
				}
			}
		}
	}
	var list []Candidate
	for _, c := range best {
		if c.Inactive {
			c.Reason += "; it is inactive in the books"
		}
		if c.Score >= enough {
			list = append(list, c)
		}
	}
	return list
}

// nearest adds the records with a word that begins like one of words, by the rarest
// beginnings first.
func (x *index) nearest(words []string, found map[int]Candidate) {
	begins := beginnings(words)
	slices.SortStableFunc(begins, func(a, b string) int { return len(x.near[a]) - len(x.near[b]) })
	for _, begin := range begins {
		for _, at := range x.near[begin] {
			if len(found) >= most {
				return
			}
			if _, done := found[at]; !done {
				found[at] = Candidate{ReferenceRecord: x.books[at]}
			}
		}
	}
}

// judge compares two names by their words. What is the same but for spelling is never
// told as surely the same: that is for a person.
func judge(a, b []string) (float64, string) {
	if joined(a) == joined(b) {
		return 0.99, "the same but for case, accents, punctuation or legal form"
	}
	if otherNumbers(a, b) {
		return 0, "other numbers"
	}
	if slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))) {
		return 0.98, "the same words in another order"
	}
	return min(similarity(a, b), 0.97), "similar words"
}
