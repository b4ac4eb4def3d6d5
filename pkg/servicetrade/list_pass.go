package servicetrade

import (
	"fmt"
	"slices"
)

// pass is one reading of all pages of a list.
type pass struct {
	asked   int            // the page size
	pages   [][]int64      // the ids of every page that had rows, in their order
	largest int            // the most rows of a page, also of rows without an id
	last    int            // the rows of the last page that had some
	told    bool           // the answers say how many pages there are
	known   map[int64]bool // the ids of all pages
	bad     []error        // the first rows that have no id
}

// take takes the answer for a page in, and tells whether it was the last one.
func (p *pass) take(l listing, number int, answer page, seen *chain) (over bool) {
	ids := p.rows(l, number, answer)
	rows, before := len(answer.rows), len(p.known)
	for _, id := range ids {
		p.known[id] = true
	}
	p.told = answer.total > 0
	if rows == 0 || (!p.told && len(p.known) == before && number > 1) {
		switch {
		case number == 1:
			seen.add(nil, true, true)
		case !p.told && p.last < p.largest:
			seen.add(p.pages[len(p.pages)-1], false, true)
		}
		return true
	}
	p.pages, p.last, p.largest = append(p.pages, ids), rows, max(p.largest, rows)
	over = p.told && int64(number) >= answer.total
	// Behind a full page there may be rows that came after the pages were counted.
	seen.add(ids, number == 1, over && (number == 1 || rows < p.largest))
	return over
}

// rows hands the rows of a page over, and returns their ids.
func (p *pass) rows(l listing, number int, answer page) []int64 {
	ids := make([]int64, 0, len(answer.rows))
	for i, raw := range answer.rows {
		id := l.row(asObject(raw))
		switch {
		case id != 0:
			ids = append(ids, id)
		case len(p.bad) < maxBadRows:
			p.bad = append(p.bad, fmt.Errorf("list %s: row %d of page %d has no usable id", l.plural, i, number))
		}
	}
	return ids
}

// repeats tells whether p showed exactly what the pass before it had shown: what
// was missed because others left would have moved up, and what left would be
// missing. It counts only where the API takes no other page size, or does not say
// how many pages there are: two passes can miss the same row.
func (p *pass) repeats(before pass) bool {
	sizeIgnored := p.largest > p.asked
	oneOfUntold := !p.told && len(p.pages) == 1
	return (sizeIgnored || oneOfUntold) && slices.EqualFunc(p.pages, before.pages, slices.Equal)
}

// otherSize is the page size of the nth further pass: between 60 and 100 percent
// of size, so that the pages of no two passes begin at the same rows.
func otherSize(size, n int) int {
	const golden = 0.6180339887 // its multiples keep away from each other
	share := golden * float64(n)
	share -= float64(int(share))
	return max(1, min(size-1, size-int(0.4*share*float64(size))))
}
