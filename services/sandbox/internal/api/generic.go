package api

import (
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// rows answers a list of a table in the order of ids. match nil takes all.
func rows[T any](
	a *API, c *call, plural string, sizes paging, table func(*state.Tables) state.Table[T],
	match func(*T) bool, render func(*state.Tables, *T) any,
) (data any, err error) {
	a.readList(c, func(t *state.Tables) {
		var picked []*T
		for _, record := range table(t).Sorted() {
			if match == nil || match(record) {
				picked = append(picked, record)
			}
		}
		data, err = page(c, plural, sizes, picked, func(record *T) any { return render(t, record) })
	})
	return data, err
}

// one answers the record of the path's id.
func one[T any](
	a *API, c *call, what string, table func(*state.Tables) state.Table[T], render func(*state.Tables, *T) any,
) (any, error) {
	id, err := c.pathID(what)
	if err != nil {
		return nil, err
	}
	return show(a, what, id, table, render)
}

func show[T any](
	a *API, what string, id int64, table func(*state.Tables) state.Table[T], render func(*state.Tables, *T) any,
) (data any, err error) {
	err = &state.RefusalError{Kind: state.NotFound, Text: what + " " + strconv.FormatInt(id, 10) + " not found"}
	a.Store.Read(func(t *state.Tables) {
		if record := table(t)[id]; record != nil {
			data, err = render(t, record), nil
		}
	})
	return data, err
}
