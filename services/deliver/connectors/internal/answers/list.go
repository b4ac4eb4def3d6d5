package answers

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// ReferenceKinds are the kinds of the words in a connection's settings.
func ReferenceKinds(words []string) []connector.ReferenceKind {
	kinds := make([]connector.ReferenceKind, 0, len(words))
	for _, word := range words {
		kinds = append(kinds, connector.ReferenceKind(word))
	}
	return kinds
}

// maxParts bounds a list: one that has more never ends.
const maxParts = 10_000

// Ask fetches one part of a list.
type Ask func(ctx context.Context, l *tradepostv1.AskList) (*tradepostv1.ConnectorAnswer, error)

// List reads all parts of a list of records. A list that comes round in a circle, or tells
// a record twice, is an ErrUnreadable: nobody could tell whether it is whole.
func List(ctx context.Context, kind connector.ReferenceKind, ask Ask, each func(connector.ReferenceRecord) error) error {
	told, begun := map[connector.ReferenceRecord]bool{}, map[string]bool{}
	for after := ""; ; {
		begun[after] = true
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
		if err := tell(kind, a.GetList(), told, each); err != nil {
			return err
		}
		switch after = a.GetList().GetNext(); {
		case after == "":
			return nil
		case begun[after] || len(begun) > maxParts:
			return fmt.Errorf("%w: its list of kind %s does not end", ErrUnreadable, kind)
		}
	}
}

// tell tells the records of one part.
func tell(kind connector.ReferenceKind, part *tradepostv1.BooksList, told map[connector.ReferenceRecord]bool, each func(connector.ReferenceRecord) error) error {
	for _, r := range part.GetRecords() {
		record := connector.ReferenceRecord{Kind: kind, ID: r.GetId(), Code: r.GetCode(), Name: r.GetName(), Inactive: r.GetInactive()}
		if told[record] {
			return fmt.Errorf("%w: it tells the %s %q twice", ErrUnreadable, kind, message(strings.Join(strings.Fields(record.ID+" "+record.Code+" "+record.Name), " ")))
		}
		told[record] = true
		if err := each(record); err != nil {
			return err
		}
	}
	return nil
}
