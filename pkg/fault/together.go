package fault

import (
	"slices"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Together adds the faults of an invoice's next document to those of the documents before
// it. The very same fault is told once, since it is mended once. What one document tells
// twice by itself stays as it is.
func Together(before, next []*tradepostv1.Fault) []*tradepostv1.Fault {
	all := slices.Clone(before)
	for _, f := range next {
		if !slices.ContainsFunc(before, func(told *tradepostv1.Fault) bool { return proto.Equal(told, f) }) {
			all = append(all, f)
		}
	}
	return all
}
