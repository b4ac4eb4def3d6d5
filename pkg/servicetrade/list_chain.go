package servicetrade

import "math"

// The ends of a list, among the ids of its rows.
const (
	listBegin = math.MinInt64
	listEnd   = math.MinInt64 + 1
)

// chain links the pages of a list that share a row. Every page is an unbroken piece
// of the list as it was at one moment. So where the pages link its beginning with
// its end, every row that was there all the time is between two rows of some page,
// and was shown; where pages only follow each other, rows may have slipped between.
//
// That holds for rows that keep their place among the others. One that moves (its
// customer is renamed, or it is changed in a list by time of change) can go round the
// pages of one pass, which link all the same; so a list of several pages is believed
// only after a second pass. One that moves in each pass, or moves while others leave
// around its new place, can still be missed. The next poll shows it.
type chain struct {
	parent map[int64]int64
	pages  int
	// places tells where in which pages a row was.
	places map[int64][]place
	// disorder says that two pages showed the same rows in another order. Rows can
	// move past pages then, so that only a list of one page is whole.
	disorder bool
}

type place struct{ page, at int }

func newChain() *chain {
	return &chain{parent: map[int64]int64{}, places: map[int64][]place{}}
}

// add links the rows of a page with each other, and with the ends of the list where
// the page has them.
func (c *chain) add(ids []int64, begins, ends bool) {
	c.disorder = c.disorder || !c.inOrder(ids)
	for at, id := range ids {
		c.places[id] = append(c.places[id], place{c.pages, at})
	}
	c.pages++
	var nodes []int64
	if begins {
		nodes = append(nodes, listBegin)
	}
	if ends {
		nodes = append(nodes, listEnd)
	}
	if !c.disorder {
		nodes = append(nodes, ids...)
	}
	for i := 1; i < len(nodes); i++ {
		c.parent[c.find(nodes[i])] = c.find(nodes[0])
	}
}

// inOrder tells whether no earlier page shows two of the rows the other way round.
func (c *chain) inOrder(ids []int64) bool {
	furthest := map[int]int{}
	for _, id := range ids {
		for _, p := range c.places[id] {
			if at, ok := furthest[p.page]; ok && at > p.at {
				return false
			}
			furthest[p.page] = p.at
		}
	}
	return true
}

// whole tells whether the pages reach from the beginning of the list to its end.
func (c *chain) whole() bool { return c.find(listBegin) == c.find(listEnd) }

func (c *chain) find(id int64) int64 {
	up, ok := c.parent[id]
	if !ok || up == id {
		return id
	}
	top := c.find(up)
	c.parent[id] = top
	return top
}
