package outbox

import (
	"context"
	"errors"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// against lists the files, by their sequence, of which an export may contradict what is
// known: it shows what was rejected, or a document with another total. It looks at names and
// amounts only; what is known of each document (standingOf) decides.
func (b *Box) against(ctx context.Context, manifests []*Manifest) (map[int]bool, error) {
	all, err := b.wholeExports(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	rejected, err := b.rejectedOnes(ctx)
	if err != nil {
		return nil, err
	}
	again := map[int]bool{}
	for _, m := range manifests {
		v, err := b.ledger.verdict(ctx, verdictFile(m.Sequence))
		if err != nil {
			return nil, err
		}
		none := v != nil && v.Verdict == Rejected
		for _, d := range m.Documents {
			again[m.Sequence] = again[m.Sequence] || mayContradict(all, d, none || rejected[entryID(d.Marker, d.N)])
		}
	}
	return again, nil
}

func mayContradict(all []export, d Listed, rejected bool) bool {
	for _, x := range all {
		doc := x.shows(d.Number, d.Customer, d.Kind)
		if doc != nil && (rejected || doc.Total != d.Total && !sameAmount(doc.Total, d.Total)) {
			return true
		}
	}
	return false
}

// wholeExports are the exports that can be read now.
func (b *Box) wholeExports(ctx context.Context) ([]export, error) {
	if b.exports.parse == nil {
		return nil, nil
	}
	listed, err := b.exports.look(ctx)
	if err != nil {
		return nil, err
	}
	var all []export
	for _, x := range listed {
		if !x.whole {
			continue
		}
		x, err = b.exports.read(ctx, x)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// rejectedOnes are the ids of the documents that an operator rejected by themselves, or
// that were removed from the books.
func (b *Box) rejectedOnes(ctx context.Context) (map[string]bool, error) {
	spoken, err := b.folder.List(ctx, verdictsDir)
	if err != nil {
		return nil, err
	}
	rejected := map[string]bool{}
	for _, f := range spoken {
		for _, word := range []string{Rejected, string(connector.FileRemoved)} {
			if id, is := strings.CutSuffix(f.Name, "."+word); is {
				rejected[id] = true
			}
		}
	}
	return rejected, nil
}
