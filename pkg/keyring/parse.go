package keyring

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"google.golang.org/protobuf/proto"
)

// What is wrong with the text of a ring. None repeats any of it.
var (
	errEmpty  = errors.New("holds no key")
	errKeyset = errors.New("is no Tink keyset in clear JSON")
)

// Parse reads a ring.
func Parse(text string) (*Ring, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return parseKeyset(text)
	}
	keys, err := lines(text)
	if err != nil {
		return nil, err
	}
	return fromKeys(keys)
}

// lines reads keys in base64. Lines that begin with # are for people; in a variable
// spaces may part the keys.
func lines(text string) ([][]byte, error) {
	var keys [][]byte
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			key, err := base64.StdEncoding.DecodeString(word)
			if err != nil || len(key) != KeySize {
				return nil, fmt.Errorf("key %d is not %d bytes in base64", len(keys)+1, KeySize)
			}
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errEmpty
	}
	return keys, nil
}

// derived gives each use of a key bytes of its own.
func derived(key []byte, use string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("tradepost keys: " + use))
	return m.Sum(nil)
}

// idOf is the same in every process that has the key.
func idOf(key []byte) ID {
	id := ID(binary.BigEndian.Uint32(derived(key, "id")))
	return max(id, 1)
}

func fromKeys(keys [][]byte) (*Ring, error) {
	params, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: KeySize, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		return nil, fmt.Errorf("set up AES-GCM: %w", err)
	}
	manager := keyset.NewManager()
	var ids []ID
	for i, key := range keys {
		id := idOf(key)
		k, err := aesgcm.NewKey(secretdata.NewBytesFromData(derived(key, "encryption"), insecuresecretdataaccess.Token{}), uint32(id), params)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if _, err := manager.AddKey(k); err != nil {
			return nil, fmt.Errorf("key %d stands there twice", i+1)
		}
		ids = append(ids, id)
	}
	if err := manager.SetPrimary(uint32(ids[0])); err != nil {
		return nil, fmt.Errorf("use key 1: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("make the keyset: %w", err)
	}
	return newRing(handle, ids, bytes.Clone(keys[0]))
}

// parseKeyset reads what Tink's tools write. Keys that are disabled are left out.
func parseKeyset(text string) (*Ring, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(text)))
	if err != nil {
		return nil, errKeyset
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, errors.New("the Tink keyset has no key in use")
	}
	ids := []ID{ID(primary.KeyID())}
	for i := range handle.Len() {
		e, err := handle.Entry(i)
		if err == nil && !e.IsPrimary() && e.KeyStatus() == keyset.Enabled {
			ids = append(ids, ID(e.KeyID()))
		}
	}
	for _, k := range insecurecleartextkeyset.KeysetMaterial(handle).GetKey() {
		if k.GetKeyId() != primary.KeyID() {
			continue
		}
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(k.GetKeyData())
		if err != nil {
			return nil, errKeyset
		}
		return newRing(handle, ids, derived(raw, "primary"))
	}
	return nil, errKeyset
}
