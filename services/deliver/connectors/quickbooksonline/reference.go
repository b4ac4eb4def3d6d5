package quickbooksonline

import (
	"context"

	"github.com/tradepost/tradepost/pkg/connector"
)

// ReferenceKinds implements connector.ReferenceLister.
func (q *Online) ReferenceKinds() []connector.ReferenceKind {
	return []connector.ReferenceKind{
		connector.ReferenceCustomer, connector.ReferenceItem, connector.ReferenceAccount,
		connector.ReferenceTax, connector.ReferenceTerms,
	}
}

// ListReference implements connector.ReferenceLister. Customers below another one are
// named by their full name: Acme:Tower North.
func (q *Online) ListReference(ctx context.Context, kind connector.ReferenceKind, each func(connector.ReferenceRecord) error) error {
	entity := referenceEntities[kind]
	if entity == "" {
		return nil
	}
	_, err := walk(ctx, q.client, entity, []string{"Active in (true, false)"}, func(w *wireRecord) error {
		r := w.record()
		return each(connector.ReferenceRecord{Kind: kind, ID: r.id, Code: r.code, Name: r.longName(), Inactive: !r.active})
	})
	if err != nil {
		return stopped(err)
	}
	return ctx.Err()
}
