package quickbooksonline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// changesBack is how far change data capture looks back; Intuit's limit is 30 days.
	changesBack = 29 * 24 * time.Hour
	// changesMost is how many records it tells at the most. An answer that has so many
	// may have left some out.
	changesMost = 1000
	// cursorWord begins every cursor that this connector gives out.
	cursorWord = "qbo-1 "
)

// errTooMany means that an answer of change data capture may not be whole.
var errTooMany = errors.New("more was changed than change data capture tells at once")

// changed asks for what was changed since a time: records of several entities in one
// call, removed ones included. It returns when it was asked, by QuickBooks' clock.
func (c *client) changed(ctx context.Context, since time.Time, entities []string, each func(entity string, raw json.RawMessage) error) (time.Time, error) {
	var page struct {
		CDCResponse []struct {
			QueryResponse []map[string]json.RawMessage
		}
	}
	answer, err := c.get(ctx, "cdc", url.Values{
		"entities": {strings.Join(entities, ",")}, "changedSince": {since.UTC().Format(time.RFC3339)},
	}, &page)
	if err != nil {
		return time.Time{}, err
	}
	if len(page.CDCResponse) == 0 {
		return time.Time{}, unreadable("cdc", answer, "has no CDCResponse")
	}
	told := 0
	for _, response := range page.CDCResponse {
		for _, part := range response.QueryResponse {
			if _, failed := part["Fault"]; failed {
				return time.Time{}, unreadable("cdc", answer, "holds a fault: "+string(part["Fault"]))
			}
			n, err := eachChanged(part, entities, each)
			if err != nil {
				return time.Time{}, err
			}
			told += n
		}
	}
	if told >= changesMost {
		return time.Time{}, fmt.Errorf("%w (%d)", errTooMany, told)
	}
	return answer.sent, nil
}

// eachChanged tells the records of one part of an answer, and how many they were.
func eachChanged(part map[string]json.RawMessage, entities []string, each func(entity string, raw json.RawMessage) error) (int, error) {
	told := 0
	for _, entity := range entities {
		raw, there := part[entity]
		if !there {
			continue
		}
		var records []json.RawMessage
		if err := json.Unmarshal(raw, &records); err != nil {
			return 0, fmt.Errorf("read the changed records of %s: %w", entity, err)
		}
		told += len(records)
		for _, r := range records {
			if err := each(entity, r); err != nil {
				return 0, err
			}
		}
	}
	return told, nil
}

// ChangedSince implements connector.ChangeLister. A cursor is a time of QuickBooks'
// clock; what was written shortly before it is told again, since it may not have been
// shown then.
func (q *Online) ChangedSince(ctx context.Context, cursor string, each func(connector.Listed) error) (string, error) {
	since, err := sinceOf(cursor)
	if err != nil {
		return "", err
	}
	var next time.Time
	if !since.IsZero() && time.Since(since) < changesBack {
		next, err = q.changedByCapture(ctx, since, each)
	}
	if next.IsZero() && (err == nil || errors.Is(err, errTooMany)) {
		next, err = q.changedByQuery(ctx, since, each)
	}
	if err != nil {
		return "", stopped(err)
	}
	return cursorWord + next.Add(-q.overlap()).UTC().Format(time.RFC3339), nil
}

func sinceOf(cursor string) (time.Time, error) {
	if cursor == "" {
		return time.Time{}, nil
	}
	text, ours := strings.CutPrefix(cursor, cursorWord)
	since := timeOf(text)
	if !ours || since.IsZero() {
		return time.Time{}, fmt.Errorf("%q is no cursor of this connector", cursor)
	}
	return since, nil
}

// overlap is by how much each look back begins before the last one: writes are not
// shown at once, and the clocks of QuickBooks' machines differ.
func (q *Online) overlap() time.Duration { return q.cfg.SettlingTime + 2*time.Second }

// changedByCapture collects before it tells: an answer that is not whole must not be
// told in part and then again.
func (q *Online) changedByCapture(ctx context.Context, since time.Time, each func(connector.Listed) error) (time.Time, error) {
	var all []connector.Listed
	next, err := q.client.changed(ctx, since, entityNames(documents), func(name string, raw json.RawMessage) error {
		var p paper
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("read a changed %s: %w", name, err)
		}
		if p.Status != statusDeleted {
			all = append(all, q.listed(entityNamed(name), &p))
		}
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	for _, l := range all {
		if err := each(l); err != nil {
			return time.Time{}, err
		}
	}
	return next, nil
}

// changedByQuery has no limit of number or age, but costs one call for each thousand.
func (q *Online) changedByQuery(ctx context.Context, since time.Time, each func(connector.Listed) error) (time.Time, error) {
	var conditions []string
	if !since.IsZero() {
		conditions = []string{"MetaData.LastUpdatedTime >= " + quote(since.UTC().Format(time.RFC3339))}
	}
	var first time.Time
	for _, e := range documents {
		began, err := walk(ctx, q.client, e.name, conditions, func(p *paper) error { return each(q.listed(e, p)) })
		if err != nil {
			return time.Time{}, err
		}
		if first.IsZero() {
			first = began
		}
	}
	return first, nil
}

// statusDeleted marks a record that was removed, in lists of changes.
const statusDeleted = "Deleted"

func entityNames(of []entity) []string {
	names := make([]string, len(of))
	for i, e := range of {
		names[i] = e.name
	}
	return names
}

func entityNamed(name string) entity {
	if name == memoEntity.name {
		return memoEntity
	}
	return invoiceEntity
}
