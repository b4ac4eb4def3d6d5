package answers

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Kinds are the words for what can be listed.
var Kinds = []string{
	string(connector.ReferenceAccount), string(connector.ReferenceCustomer), string(connector.ReferenceItem),
	string(connector.ReferenceTax), string(connector.ReferenceTerms),
}

// ReferenceKinds are the kinds of the words in a connection's settings.
func ReferenceKinds(words []string) []connector.ReferenceKind {
	kinds := make([]connector.ReferenceKind, 0, len(words))
	for _, word := range words {
		kinds = append(kinds, connector.ReferenceKind(word))
	}
	return kinds
}

// Unknown are the words that are none of those that there are.
func Unknown(words, known []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(known, word) })
}

// maxParts bounds a list: one that has more never ends.
const maxParts = 10_000

// List reads all parts of a list of records, each of which ask fetches. A list that comes
// round in a circle, or tells a record twice, is an ErrUnreadable: nobody could tell
// whether it is whole.
func List(ctx context.Context, kind connector.ReferenceKind, ask func(ctx context.Context, l *tradepostv1.AskList) (*tradepostv1.ConnectorAnswer, error), each func(connector.ReferenceRecord) error) error {
	told, begun := map[connector.ReferenceRecord]bool{}, map[string]bool{"": true}
	for after := ""; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		a, err := ask(ctx, &tradepostv1.AskList{Kind: string(kind), After: after})
		if err != nil {
			return err
		}
		if a.GetList() == nil {
			return Unexpected(a)
		}
		for _, r := range a.GetList().GetRecords() {
			record := connector.ReferenceRecord{Kind: kind, ID: r.GetId(), Code: r.GetCode(), Name: r.GetName(), Inactive: r.GetInactive()}
			if told[record] {
				return fmt.Errorf("%w: it tells the %s %q twice", ErrUnreadable, kind, message(record.ID+" "+record.Code+" "+record.Name))
			}
			told[record] = true
			if err := each(record); err != nil {
				return err
			}
		}
		after = a.GetList().GetNext()
		if after == "" {
			return nil
		}
		if begun[after] || len(begun) > maxParts {
			return fmt.Errorf("%w: its list of %s does not end", ErrUnreadable, kind)
		}
		begun[after] = true
	}
}
