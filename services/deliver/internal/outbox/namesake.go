package outbox

import "context"

// namesake tells whether a document of another customer was given away under the number of
// an entry. An export that does not show the customer is evidence for neither.
func (b *Box) namesake(ctx context.Context, e *Entry) (bool, error) {
	files, err := b.ledger.refresh(ctx)
	if err != nil {
		return false, err
	}
	for _, m := range files {
		for _, d := range m.Documents {
			if d.Number == e.Number && d.Kind == e.Kind && d.Customer != e.Customer {
				return true, nil
			}
		}
	}
	return false, nil
}
