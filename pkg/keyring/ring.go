// Package keyring is the keys that Tradepost's secrets are encrypted with: the first
// one encrypts, all of them decrypt, so that a key is replaced without losing what an
// older one encrypted.
//
// A ring is a text, wherever it comes from (a file, a variable, a mounted Kubernetes
// secret): keys of 32 bytes in base64, one to a line, the first one in use; or a
// keyset in Tink's own JSON, as Tink's tools write it in clear.
package keyring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeySize is the length of a key in bytes (AES-256).
const KeySize = 32

// ErrNoKey means that a text was encrypted with a key that is not on the ring. It is
// not lost: with that key on the ring it can be read again.
var ErrNoKey = errors.New("the key that this was encrypted with is not among the keys for secrets")

// ID names a key without giving it away. 0 is none: a key of a Tink keyset that puts
// no prefix before what it encrypts.
type ID uint32

// String is the id as commands and texts show it.
func (i ID) String() string { return fmt.Sprintf("%08x", uint32(i)) }

// ParseID is the other way of String.
func ParseID(text string) (ID, error) {
	n, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not the id of a key: it has eight hexadecimal digits", text)
	}
	return ID(n), nil
}

// Ring is the keys. It is safe for concurrent use.
type Ring struct {
	aead tink.AEAD
	// ids are those of the keys, the one in use first.
	ids     []ID
	primary []byte
}

// IDs returns the ids of the keys, the one that encrypts first.
func (r *Ring) IDs() []ID { return append([]ID(nil), r.ids...) }

// Primary returns 32 bytes that only holders of the key in use have, for what is made
// from a single key. They are the key itself where the ring is a list of keys.
func (r *Ring) Primary() []byte { return append([]byte(nil), r.primary...) }

// Encrypt encrypts plain with the key in use. place is where the result is kept:
// elsewhere it cannot be decrypted.
func (r *Ring) Encrypt(plain []byte, place string) ([]byte, error) {
	sealed, err := r.aead.Encrypt(plain, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return sealed, nil
}

// Decrypt is the other way of Encrypt, whichever of the keys it was. The error is
// ErrNoKey where none of them is, else that the text was changed or is of another place.
func (r *Ring) Decrypt(sealed []byte, place string) ([]byte, error) {
	plain, err := r.aead.Decrypt(sealed, []byte(place))
	if err == nil {
		return plain, nil
	}
	if id, told := KeyOf(sealed); told && !r.Has(id) {
		return nil, fmt.Errorf("%w (key %s)", ErrNoKey, id)
	}
	return nil, fmt.Errorf("decrypt: %w", err)
}

// Has tells whether a key is on the ring.
func (r *Ring) Has(id ID) bool { return slices.Contains(r.ids, id) }

const (
	// tinkPrefix begins what Tink encrypts: a byte for the form, four for the key's id.
	tinkPrefix     = 1
	tinkPrefixSize = 5
)

// KeyOf tells which key encrypted a text; false where the text does not say.
func KeyOf(sealed []byte) (ID, bool) {
	if len(sealed) < tinkPrefixSize || sealed[0] != tinkPrefix {
		return 0, false
	}
	return ID(binary.BigEndian.Uint32(sealed[1:tinkPrefixSize])), true
}

func newRing(handle *keyset.Handle, ids []ID, primary []byte) (*Ring, error) {
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("the keys are not for encryption (AEAD): %w", err)
	}
	return &Ring{aead: a, ids: ids, primary: primary}, nil
}
