package tryton

import (
	"context"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
	docs "github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// CheckDocument tells the faults of a document by the code that Create builds it with.
// What Tryton itself would refuse when it is written (an account that may not be used in
// a line) only a write can tell.
func (b *Books) CheckDocument(ctx context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	hash, err := docs.HashOf(d)
	if err != nil {
		return nil, err
	}
	_, faults, err := b.buildAnew(ctx, connector.Posting{Document: d, DocumentHash: hash, Generation: 1}, false)
	if err != nil {
		return nil, connector.Stop(b.waitFor(fmt.Errorf("check %s: %w", d.GetMarker(), err)))
	}
	return faults, nil
}
