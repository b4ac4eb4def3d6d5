package judge

import (
	"slices"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
)

// version is a document as it stood in the books from one commit to the next.
type version struct {
	id, total string
	// from and to are times of commits; a zero to is the end of the run.
	from, to time.Time
	// removed says that a bookkeeper took it out at to.
	removed bool
}

// stood tells whether it stood in the books at some moment between two times.
func (v version) stood(from, to time.Time) bool {
	return !v.from.After(to) && (v.to.IsZero() || !v.to.Before(from))
}

// versions is the life of the invoice's documents, from the target's commits: whether
// their answers arrived does not count.
func (c *court) versions() []version {
	var all []version
	end := func(e target.Event, removed bool) {
		for i := range all {
			if all[i].id == e.ID && all[i].to.IsZero() {
				all[i].to, all[i].removed = e.At, removed
			}
		}
	}
	for _, e := range c.Books {
		switch e.What {
		case target.Deleted:
			end(e, true)
		case target.Voided:
			end(e, false)
		case target.Updated:
			end(e, false)
			all = append(all, version{id: e.ID, total: e.Total, from: e.At})
		case target.Created:
			all = append(all, version{id: e.ID, total: e.Total, from: e.At})
		}
	}
	return all
}

// standing are the versions that stood at some moment between two times.
func (c *court) standing(from, to time.Time) []version {
	return slices.DeleteFunc(c.versions(), func(v version) bool { return !v.stood(from, to) })
}

// books: nothing is there twice, and nothing that should not be there.
func (c *court) books() {
	doubled := 0
	for _, e := range c.Books {
		if e.What != target.Created {
			continue
		}
		before := slices.DeleteFunc(c.standing(e.At, e.At), func(v version) bool { return v.id == e.ID && v.from.Equal(e.At) })
		if len(before) > 0 {
			doubled++
		}
		c.madeAnew(e)
	}
	if doubled > 0 {
		c.sayf(Doubled, "%d documents were created beside one that stood already", doubled)
	}
	if len(c.versions()) > 0 && len(c.sends()) == 0 {
		c.sayf(Stray, "a document of an invoice that was never sent")
	}
}

// madeAnew: what a bookkeeper took out comes back only for who sends it again.
func (c *court) madeAnew(e target.Event) {
	for _, v := range slices.Backward(c.versions()) {
		if v.removed && v.to.Before(e.At) {
			if !c.mayBePending(v.to.Add(-window), e.At, c.left(true)) {
				c.sayf(Stray, "a bookkeeper took the document out, nobody sent it again, and it was made anew")
			}
			return
		}
	}
}
