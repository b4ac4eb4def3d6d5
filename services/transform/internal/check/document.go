package check

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Sizes of what travels, as protobuf JSON. A message with a document of the
// largest size and its explanation stays below NATS's default of 1 MiB.
const (
	MaxDocument    = 512 << 10
	maxExplanation = 384 << 10
	// Field names and quotes make JSON larger than the binary form, but never by
	// more than this factor for these messages; below it nothing is encoded.
	jsonFactor = 5
)

// Documents proves the finished documents of an invoice. Broken invariants are a
// mistake of Tradepost, not of the invoice, and stop it all the same.
func Documents(docs []*tradepostv1.Document) []*tradepostv1.Fault {
	if err := invoice.CheckAll(docs); err != nil {
		return one(fault.New(fault.Unknown, fault.Args{
			Thing: "Document", VendorText: "", Params: map[string]string{"code": err.Error()},
		}))
	}
	bytes := 0
	for _, doc := range docs {
		bytes += jsonSize(doc, MaxDocument)
	}
	if bytes <= MaxDocument {
		return nil
	}
	return one(fault.New("message.too_large", fault.Args{Path: "items", Params: map[string]string{
		"size": fmt.Sprintf("%d KB", bytes>>10), "limit": fmt.Sprintf("%d KB", MaxDocument>>10),
	}}))
}

// Explanation returns e, or what is left of it when it would not fit into the
// message: then the lines' fields are left out, and a last entry says how many.
// Preview of such an invoice loses detail; the posting loses nothing.
func Explanation(e *tradepostv1.DocumentExplanation) *tradepostv1.DocumentExplanation {
	if jsonSize(e, maxExplanation) <= maxExplanation {
		return e
	}
	kept := &tradepostv1.DocumentExplanation{}
	left := 0
	for _, f := range e.GetFields() {
		if len(f.GetField()) > 6 && f.GetField()[:6] == "lines[" {
			left++
			continue
		}
		kept.Fields = append(kept.Fields, f)
	}
	kept.Fields = append(kept.Fields, &tradepostv1.Explanation{
		Field: "lines", Value: fmt.Sprintf("%d fields", left), Rule: "left out: the explanation is too long",
	})
	return kept
}

// jsonSize is the size of m as protobuf JSON; a message that cannot reach limit
// is not encoded to find out.
func jsonSize(m proto.Message, limit int) int {
	if binary := proto.Size(m); binary*jsonFactor < limit {
		return binary
	}
	raw, err := protojson.Marshal(m)
	if err != nil {
		return limit + 1
	}
	return len(raw)
}
