package settle

import (
	"context"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// leftBehind tells of documents that stand in the books while ServiceTrade does not have
// their invoice any more: there is no place for a comment, so that the log, the settled
// message, doctor and trace are all that people have.
func (t *turn) leftBehind(ctx context.Context, left []*tradepostv1.DocumentRef) []*tradepostv1.PostedDocument {
	if len(left) == 0 {
		return nil
	}
	var all []*tradepostv1.PostedDocument
	var said []string
	for _, d := range left {
		one := &tradepostv1.PostedDocument{Kind: d.GetKind(), Id: d.GetId(), Number: d.GetNumber(), Total: d.GetTotal()}
		all = append(all, one)
		said = append(said, fmt.Sprintf("%s in the books of %s", names([]*tradepostv1.PostedDocument{one}), d.GetConnection()))
	}
	t.log.WarnContext(ctx, "the invoice is gone from ServiceTrade, and stands in the books; the bookkeeper decides what becomes of it there",
		"posted_as", strings.Join(said, "; "))
	return all
}
