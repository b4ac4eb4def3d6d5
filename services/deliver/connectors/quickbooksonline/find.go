package quickbooksonline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Find implements connector.Connector. What the index names is read before it is told:
// the index may be older than the document.
func (q *Online) Find(ctx context.Context, want connector.Query) ([]connector.Found, error) {
	if err := q.books.current(ctx); err != nil {
		return nil, stopped(err)
	}
	places := q.books.markers.where(want.Marker)
	if want.ID != "" {
		if at := (place{entityOf(want.Kind), want.ID}); !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	var found []connector.Found
	var papers []*paper
	for _, at := range places {
		p, err := q.readPaper(ctx, at)
		if err != nil {
			return nil, stopped(fmt.Errorf("read %s %s: %w", at.entity.name, at.id, err))
		}
		if p != nil {
			found, papers = append(found, q.found(at.entity, p)), append(papers, p)
		}
	}
	if err := ctx.Err(); err != nil || len(found) == 0 {
		return nil, err
	}
	prefs := q.glance(ctx)
	for i := range found {
		found[i].Other = q.seenUnder(prefs, papers[i])
	}
	return found, nil
}

// readPaper reads one document by its id, nil where it is not there.
func (q *Online) readPaper(ctx context.Context, at place) (*paper, error) {
	var a paperAnswer
	answer, err := q.client.get(ctx, at.entity.path+"/"+at.id, nil, &a)
	if t, is := errors.AsType[*trouble](err); is && t.class == classMissing {
		q.books.markers.gone(at)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := a.of(at.entity)
	if p == nil || p.ID != at.id {
		return nil, unreadable(at.entity.path, answer, "is not the document that was asked for")
	}
	if p.Status == statusDeleted {
		q.books.markers.gone(at)
		return nil, nil
	}
	q.books.markers.note(at.entity, p)
	return p, nil
}
