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
	// row takes one row in, again when a later pass shows it again, and returns
	// its id; 0 counts as unreadable.
	row func(object) int64
}

// list reads all pages, and again until a pass shows no new row: rows move
// between pages while others leave the list. A list of one page cannot drift.
// What was seen before an error has been given to row. Pages that are too large
// (rows may carry all their lines) are asked for again in smaller ones.
func (c *Client) list(ctx context.Context, l listing) error {
	seen := map[int64]bool{}
	var bad error
	for range maxPasses {
		fresh, pages, unreadable, err := c.pass(ctx, l, seen)
		if errors.Is(err, ErrTooLarge) && l.limit > minPageSize {
			l.limit = max(l.limit/4, minPageSize)
			continue
		}
		if err != nil {
			return err
		}
		bad = unreadable
		if fresh == 0 || pages <= 1 {
			return bad
		}
	}
	return errors.Join(fmt.Errorf("list %s: %w", l.plural, ErrListMoving), bad)
}

// pass reads the pages once. Where the answer does not say how many there are,
// it ends with an empty page, or with one that repeats what the pass has seen.
func (c *Client) pass(ctx context.Context, l listing, seen map[int64]bool) (fresh, pages int, bad, err error) {
	inPass := map[int64]bool{}
	var badRows []error
	for pages = 1; pages <= maxPages; pages++ {
		p, err := c.page(ctx, l, pages)
		if err != nil {
			return fresh, pages, nil, err
		}
		before := len(inPass)
		for i, raw := range p.rows {
			id := l.row(asObject(raw))
			if id == 0 {
				if len(badRows) < maxBadRows {
					badRows = append(badRows, fmt.Errorf("list %s: row %d of page %d has no usable id", l.plural, i, pages))
				}
				continue
			}
			inPass[id] = true
			if !seen[id] {
				seen[id], fresh = true, fresh+1
			}
		}
		repeated := p.total == 0 && len(inPass) == before
		if len(p.rows) == 0 || repeated || (p.total > 0 && int64(pages) >= p.total) {
			return fresh, pages, errors.Join(badRows...), nil
		}
	}
	return fresh, pages, nil, fmt.Errorf("list %s: more than %d pages", l.plural, maxPages)
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
