// Package seal tells a message that an operator mended by hand from a copy of what
// a stage published: whoever publishes a message seals its content, and content that
// does not match its seal is somebody's own. It keeps nobody out; it only tells what
// the replay of a message is meant to do.
package seal

import (
	"fmt"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Snapshot is the seal of an invoice.received message.
func Snapshot(s *tradepostv1.Snapshot) (string, error) { return canonical.Message(s) }

// Documents is the seal of an invoice.ready message: of what is posted, not of its
// explanations.
func Documents(docs []*tradepostv1.Document) (string, error) {
	hashes := make([]string, len(docs))
	for i, d := range docs {
		hash, err := invoice.HashOf(d)
		if err != nil {
			return "", fmt.Errorf("seal the documents: %w", err)
		}
		hashes[i] = hash
	}
	return canonical.Value(hashes)
}

// Broken tells whether content with the seal now was sealed as something else. A
// message without a seal (of an older version, or typed by hand) tells nothing, and
// counts as unchanged.
func Broken(sealed, now string) bool { return sealed != "" && sealed != now }
