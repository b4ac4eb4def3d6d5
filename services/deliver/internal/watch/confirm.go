package watch

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connector"
)

const opConfirm = "confirm"

// Confirmer returns what c can tell of documents that were handed over, watched; nil
// when it cannot.
func (w *Watcher) Confirmer(connection string, c connector.Connector) connector.Confirmer {
	can, ok := c.(connector.Confirmer)
	if !ok {
		return nil
	}
	return &confirming{Confirmer: can, watched: &watched{Connector: c, by: w, connection: connection, kind: c.Describe().Kind}}
}

type confirming struct {
	connector.Confirmer
	watched *watched
}

func (c *confirming) Confirm(ctx context.Context, h connector.HandedOver) connector.Answer {
	ctx, done := c.watched.begin(ctx, opConfirm)
	a := c.Confirmer.Confirm(ctx, h)
	done(answerWord(a), nil)
	return a
}
