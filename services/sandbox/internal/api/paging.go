package api

// paging are the sizes of a resource's pages.
type paging struct{ standard, most int64 }

// The sizes that are known of ServiceTrade; the others are a guess.
var (
	invoicePages  = paging{2000, 2000}
	jobPages      = paging{2000, 2000}
	locationPages = paging{10, 5000}
	otherPages    = paging{100, 5000}
)

// page cuts one page out of the rows, renders it, and wraps it as the data of a
// list: the rows under their plural, totalPages and page. There is always at
// least one page.
func page[T any](c *call, plural string, sizes paging, rows []T, render func(T) any) (any, error) {
	limit, ok := c.query.number("limit")
	if !ok || limit < 1 {
		limit = sizes.standard
	}
	limit = min(limit, sizes.most)
	if c.spoil.PageSize > 0 {
		limit = min(limit, int64(c.spoil.PageSize))
	}
	number, ok := c.query.number("page")
	if !ok || number < 1 {
		number = 1
	}
	if err := c.query.err(); err != nil {
		return nil, err
	}
	total := max(1, (int64(len(rows))+limit-1)/limit)
	out := []any{}
	if number <= total {
		most := int64(len(rows))
		from := min(max(0, (number-1)*limit+int64(c.spoil.Shift)), most)
		for _, row := range rows[from:min(from+limit, most)] {
			out = append(out, render(row))
		}
	}
	return map[string]any{plural: out, "totalPages": total, "page": number}, nil
}
