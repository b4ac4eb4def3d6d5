package quickbooksonline

import (
	"context"
	"time"
)

// glance returns the preferences for what is said of a document, and nothing is done by.
// They are nobody's where they cannot be read, and that is not tried again before
// preferencesAge is over: each try is a metered read, and Find is called for each posting.
func (q *Online) glance(asked context.Context) preferences {
	oldest := time.Now().Add(-preferencesAge)
	have, _ := q.known.now()
	if have.readAt.After(oldest) {
		return have
	}
	ctx, cancel := context.WithTimeout(asked, q.prepareTime())
	defer cancel()
	done, err := q.known.turn(ctx)
	if err != nil {
		return preferences{}
	}
	defer done()
	if q.known.missed.After(oldest) {
		return preferences{}
	}
	have, err = q.preferencesOf(ctx, oldest)
	if err == nil {
		return have
	}
	if asked.Err() == nil { // Else it is the caller who gave up.
		q.known.missed = time.Now()
		q.log.InfoContext(ctx, "class and location of documents are not compared: the company's preferences cannot be read", "connection", q.connection, "err", err)
	}
	return preferences{}
}
