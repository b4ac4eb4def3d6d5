package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// ErrTooMany means that a list has more records than the caller takes.
var ErrTooMany = errors.New("the list has more records than are read")

const masterPageSize = 500

// Companies lists the active companies of the account over all pages, at most so many;
// more are ErrTooMany, never a shorter list. It is for people who set something up: an
// account may have tens of thousands.
func (c *Client) Companies(ctx context.Context, most int) ([]*tradepostv1.ServiceTradeCompany, error) {
	return master(ctx, c, listing{
		path: "/company", plural: "companies", query: url.Values{"status": {"active"}}, most: most,
	}, companyOf)
}

// Locations lists the active locations of the account over all pages, as Companies does.
func (c *Client) Locations(ctx context.Context, most int) ([]*tradepostv1.ServiceTradeLocation, error) {
	return master(ctx, c, listing{path: "/location", plural: "locations", query: url.Values{"status": {"active"}}, most: most},
		func(o object) *tradepostv1.ServiceTradeLocation { return locationOf(o, nil) })
}

// LibItems lists the items of the library over all pages, as Companies does.
func (c *Client) LibItems(ctx context.Context, most int) ([]*tradepostv1.ServiceTradeLibItem, error) {
	return master(ctx, c, listing{path: "/libitem", plural: "libItems", query: url.Values{}, most: most}, libItemOf)
}

// record is a master record of ServiceTrade.
type record interface{ GetId() int64 }

func master[T record](ctx context.Context, c *Client, l listing, decode func(object) T) ([]T, error) {
	at := map[int64]int{}
	var all []T
	l.limit = masterPageSize
	l.row = func(o object) int64 {
		r := decode(o)
		id := max(r.GetId(), 0)
		if id == 0 {
			return 0
		}
		if i, known := at[id]; known {
			all[i] = r
			return id
		}
		at[id] = len(all)
		all = append(all, r)
		return id
	}
	if err := c.list(ctx, l); err != nil {
		return nil, err
	}
	return all, nil
}

// over tells whether more was read than is wanted.
func (l listing) over(rows int) error {
	if l.most > 0 && rows > l.most {
		return fmt.Errorf("list %s: %w: more than %d", l.plural, ErrTooMany, l.most)
	}
	return nil
}
