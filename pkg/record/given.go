package record

import (
	"context"
	"slices"
	"time"
)

// mostGiven is how many records LastGiven takes.
const mostGiven = 20

// LastGiven returns the ids of what a connection gave to its books last: the tokens of
// what was handed over, and the ids of documents, of the records that changed last. Books
// that do not have them are an older copy.
func LastGiven(ctx context.Context, s *Store, connection string) ([]string, error) {
	type given struct {
		at  time.Time
		ids []string
	}
	var all []given
	err := s.Each(ctx, func(e Entry) error {
		g := given{at: e.At}
		if e.Record.GetConnection() == connection && e.State() == Handed {
			g.ids = append(g.ids, e.Record.GetHandedToken())
		}
		for _, d := range e.Record.GetDocuments() {
			if d.GetConnection() == connection && d.GetId() != "" {
				g.ids = append(g.ids, d.GetId())
			}
		}
		if len(g.ids) > 0 {
			all = append(all, g)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b given) int { return b.at.Compare(a.at) })
	var ids []string
	for _, g := range all[:min(len(all), mostGiven)] {
		ids = append(ids, g.ids...)
	}
	return ids, nil
}
