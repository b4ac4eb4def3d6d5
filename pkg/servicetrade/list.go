package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
)

const (
	maxPasses   = 8
	maxPages    = 10_000
	maxBadRows  = 10
	minPageSize = 50
)

// listing is a list that is read page by page.
type listing struct {
	path   string
	query  url.Values
	plural string
	limit  int
	// most is how many rows are read at most; 0 is all of them.
	most int
	// row takes one row in, again when a later pass shows it again, and returns
	// its id; 0 counts as unreadable.
	row func(object) int64
}

// list reads all pages, again with other page sizes until the answers prove that
// no row is missing: rows move between pages while others leave the list. What was
// seen before an error has been given to row. Pages that are too large (rows may
// carry all their lines) are asked for again in smaller ones.
func (c *Client) list(ctx context.Context, l listing) error {
	seen, size := newChain(), l.limit
	var before pass
	passes := 0
	for n := range maxPasses {
		p, err := c.pass(ctx, l, seen)
		if errors.Is(err, ErrTooLarge) && l.limit > minPageSize {
			l.limit = max(l.limit/4, minPageSize)
			size, before = l.limit, pass{}
			continue
		}
		if err != nil {
			return err
		}
		passes++
		// A row that moved past the pages of one pass is in those of the next.
		proven := seen.whole() && (passes > 1 || len(p.pages) <= 1)
		if proven || p.repeats(before) {
			return errors.Join(p.bad...)
		}
		before = p
		if len(p.pages) > 1 {
			if p.largest < p.asked { // the API gives less than it is asked for
				size = min(size, p.largest)
			}
			l.limit = otherSize(size, n+1)
		}
	}
	return errors.Join(append(before.bad, fmt.Errorf("list %s: %w", l.plural, ErrListMoving))...)
}

// pass reads the pages once, and links them in seen. Where the answer does not say
// how many there are, it ends with an empty page, or with one that repeats what
// the pass has seen.
func (c *Client) pass(ctx context.Context, l listing, seen *chain) (pass, error) {
	p := pass{asked: l.limit, known: map[int64]bool{}}
	for number := 1; number <= maxPages; number++ {
		answer, err := c.page(ctx, l, number)
		if err != nil {
			return p, err
		}
		over := p.take(l, number, answer, seen)
		if err := l.over(len(p.known)); err != nil {
			return p, err
		}
		if over {
			return p, nil
		}
	}
	return p, fmt.Errorf("list %s: more than %d pages", l.plural, maxPages)
}

func (c *Client) page(ctx context.Context, l listing, number int) (page, error) {
	query := maps.Clone(l.query)
	query.Set("limit", strconv.Itoa(l.limit))
	query.Set("page", strconv.Itoa(number))
	var p page
	err := c.get(ctx, request{path: l.path, query: query}, func(body []byte) (err error) {
		p, err = decodePage(body, l.plural)
		return err
	})
	if err != nil {
		return page{}, fmt.Errorf("list %s, page %d: %w", l.plural, number, err)
	}
	return p, nil
}
