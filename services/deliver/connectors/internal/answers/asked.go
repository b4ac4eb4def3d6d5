package answers

import (
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// ReasonOther is the reason of Uncertain where a write was answered with another document
// than the one that was meant: what became of that one is found out by looking.
const ReasonOther = "other_document"

// Asked is what a write is about. What is "" or unspecified is not compared.
type Asked struct {
	Kind tradepostv1.DocumentKind
	// Marker, Hash and ID are those that the document has after the write.
	Marker, Hash, ID string
}

// AskedOf is what a create is about; an update is about the document that was found, too.
func AskedOf(p connector.Posting) Asked {
	return Asked{Kind: p.Document.GetKind(), Marker: p.Document.GetMarker(), Hash: p.DocumentHash}
}

// errOther means that an answer is about something else than was asked for.
var errOther = errors.New("its answer is about another document")

// differs tells how a document that was answered is not the one that was meant; nil where
// nothing speaks against it.
func (w Asked) differs(d *tradepostv1.BooksDocument) error {
	for _, part := range []struct{ name, want, got string }{
		{"marker", w.Marker, d.GetMarker()}, {"id", w.ID, d.GetId()}, {"documentHash", w.Hash, d.GetDocumentHash()},
	} {
		if part.want != "" && part.got != "" && part.want != part.got {
			return fmt.Errorf("%w: %s %q, not %q", errOther, part.name, message(part.got), part.want)
		}
	}
	const unspecified = tradepostv1.DocumentKind_DOCUMENT_KIND_UNSPECIFIED
	if w.Kind != unspecified && d.GetKind() != unspecified && w.Kind != d.GetKind() {
		return fmt.Errorf("%w: %s, not %s", errOther, d.GetKind(), w.Kind)
	}
	return nil
}
