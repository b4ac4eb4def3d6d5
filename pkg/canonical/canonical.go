// Package canonical hashes messages so that equal content has equal hashes on
// every machine, in every build and for ever.
package canonical

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// HashVersion names the way that hashes are made here. It travels with every
// hash: one of an older version is recomputed, never taken for a change.
const HashVersion int32 = 1

// Message returns the SHA-256 (hex, 64 characters) of m's protobuf JSON in the
// canonical form of RFC 8785. protojson alone would not do: its white space
// differs between builds on purpose.
func Message(m proto.Message) (string, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode %s to hash it: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	return sum(raw)
}

// Value returns the SHA-256 (hex) of v's JSON in the canonical form of RFC 8785.
// Numbers must be written as strings in v: RFC 8785 rewrites JSON numbers as
// IEEE doubles, which would merge ids above 2^53.
func Value(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T to hash it: %w", v, err)
	}
	return sum(raw)
}

func sum(raw []byte) (string, error) {
	c, err := jcs.Transform(raw)
	if err != nil {
		return "", fmt.Errorf("canonical JSON: %w", err)
	}
	h := sha256.Sum256(c)
	return hex.EncodeToString(h[:]), nil
}
