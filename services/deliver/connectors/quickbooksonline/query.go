package quickbooksonline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pageSize is the most that a query returns at once.
const pageSize = 1000

// quote writes a value for a query: quotes are escaped by a backslash.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// queryAnswer is a page of one entity.
type queryAnswer struct {
	QueryResponse map[string]json.RawMessage
	Time          string `json:"time"`
}

// query asks for records of an entity and decodes them into a pointer to a slice. It
// returns when it was asked, by QuickBooks' clock.
func (c *client) query(ctx context.Context, entity, statement string, into any) (time.Time, error) {
	var page queryAnswer
	answer, err := c.get(ctx, "query", url.Values{"query": {statement}}, &page)
	if err != nil {
		return time.Time{}, err
	}
	if page.QueryResponse == nil {
		return time.Time{}, unreadable("query", answer, "has no QueryResponse")
	}
	raw, some := page.QueryResponse[entity]
	if !some {
		return answer.sent, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return time.Time{}, unreadable("query", answer, err.Error())
	}
	return answer.sent, nil
}

func unreadable(resource string, answer *reply, why string) error {
	return &trouble{
		class: classNoAnswer, doing: request{resource: resource}, status: http.StatusOK, tid: answer.tid,
		cause: fmt.Errorf("its answer cannot be read: %s", why),
	}
}

// row is a record that pages are turned by.
type row interface {
	id() string
	created() string
}

// walk tells every record of an entity that meets the conditions, once. Pages are
// turned by the time of creation, not by position: a record that is removed meanwhile
// would move others to a page that was read already. It returns when it began, by
// QuickBooks' clock.
func walk[T any, R interface {
	*T
	row
}](ctx context.Context, c *client, entity string, conditions []string, each func(R) error) (time.Time, error) {
	var began time.Time
	var at turn
	for {
		var page []T
		asked, err := c.query(ctx, entity, statement(entity, conditions, at.from, at.skip), &page)
		if err != nil {
			return time.Time{}, err
		}
		if began.IsZero() {
			began = asked
		}
		told, last := map[string]bool{}, ""
		for i := range page {
			r := R(&page[i])
			last, told[r.id()] = r.created(), true
			if at.seen[r.id()] {
				continue
			}
			if err := each(r); err != nil {
				return time.Time{}, err
			}
		}
		if len(page) < pageSize {
			return began, nil
		}
		at.after(last, told)
	}
}

// turn is where the next page begins.
type turn struct {
	from string
	skip int
	// seen are the records that the next page may tell again.
	seen map[string]bool
}

// after goes behind a full page. A page whose records were all made in the same second
// has no later time to go on from.
func (t *turn) after(last string, told map[string]bool) {
	if last != "" && last != t.from {
		t.from, t.skip, t.seen = last, 0, told
		return
	}
	t.skip += pageSize
	if t.seen == nil {
		t.seen = told
	}
	maps.Copy(t.seen, told)
}

// statement asks for one page.
func statement(entity string, conditions []string, from string, skip int) string {
	where := append([]string{}, conditions...)
	if from != "" {
		where = append(where, "MetaData.CreateTime >= "+quote(from))
	}
	words := "select * from " + entity
	if len(where) > 0 {
		words += " where " + strings.Join(where, " and ")
	}
	return words + fmt.Sprintf(" orderby MetaData.CreateTime startposition %d maxresults %d", skip+1, pageSize)
}

func (p *paper) id() string { return p.ID }

func (p *paper) created() string {
	if p.MetaData == nil {
		return ""
	}
	return p.MetaData.CreateTime
}
