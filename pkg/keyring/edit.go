package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrTinks is returned for a ring in Tink's own form, which Tink's tools change.
	ErrTinks = errors.New("this is a Tink keyset: change it with Tink's own tool (tinkey add-key, promote-key, delete-key)")
	// ErrInUse is returned for taking away the key that encrypts.
	ErrInUse = errors.New("this key is the one in use: let another one take its place first")
)

// NewKey returns the text of a new key.
func NewKey() string {
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	return base64.StdEncoding.EncodeToString(raw)
}

// Add returns the text of a ring with a new key at its end: it decrypts, and does not
// encrypt yet. The first key of an empty text is in use at once.
func Add(text string) (string, ID, error) {
	var keys [][]byte
	if strings.TrimSpace(text) != "" {
		var err error
		if keys, err = editable(text); err != nil {
			return "", 0, err
		}
	}
	raw, err := base64.StdEncoding.DecodeString(NewKey())
	if err != nil {
		return "", 0, fmt.Errorf("make a key: %w", err)
	}
	return written(append(keys, raw)), idOf(raw), nil
}

// Promote returns the text of a ring whose last key is the one in use.
func Promote(text string) (string, ID, error) {
	keys, err := editable(text)
	if err != nil {
		return "", 0, err
	}
	last := len(keys) - 1
	if last == 0 {
		return "", 0, errors.New("there is one key only, and it is in use: add another one first")
	}
	keys = append([][]byte{keys[last]}, keys[:last]...)
	return written(keys), idOf(keys[0]), nil
}

// Drop returns the text of a ring without one of its keys.
func Drop(text string, id ID) (string, error) {
	keys, err := editable(text)
	if err != nil {
		return "", err
	}
	for i, key := range keys {
		switch {
		case idOf(key) != id:
		case i == 0:
			return "", ErrInUse
		default:
			return written(append(keys[:i:i], keys[i+1:]...)), nil
		}
	}
	return "", fmt.Errorf("there is no key %s", id)
}

// editable returns the keys of a ring that may be changed here.
func editable(text string) ([][]byte, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil, ErrTinks
	}
	keys, err := lines(text)
	if err != nil {
		return nil, err
	}
	_, err = fromKeys(keys)
	return keys, err
}

func written(keys [][]byte) string {
	var b strings.Builder
	for _, key := range keys {
		b.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	}
	return b.String()
}
