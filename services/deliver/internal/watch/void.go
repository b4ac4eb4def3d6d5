package watch

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connector"
)

const opVoid = "void"

// Voider returns what of c makes documents void, watched; nil when it cannot.
func (w *Watcher) Voider(connection string, c connector.Connector) connector.Voider {
	can, ok := c.(connector.Voider)
	if !ok {
		return nil
	}
	return &voiding{Voider: can, watched: &watched{Connector: c, by: w, connection: connection, kind: c.Describe().Kind}}
}

type voiding struct {
	connector.Voider
	watched *watched
}

func (v *voiding) Void(ctx context.Context, f connector.Found) connector.Answer {
	ctx, done := v.watched.begin(ctx, opVoid)
	a := v.Voider.Void(ctx, f)
	done(answerWord(a), nil)
	return a
}
