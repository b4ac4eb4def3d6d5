// Package signin shares the sign-ins to ServiceTrade between processes: one
// session or token per account, encrypted in a key-value bucket that is changed
// by compare-and-set only.
package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// KeySize is the length of a key in bytes (AES-256).
const KeySize = 32

var errKeySize = fmt.Errorf("a key has %d bytes", KeySize)

// Key encrypts what is shared. Processes with the same key share; with another one
// they do not see each other, and each sort has a sign-in of its own.
type Key struct {
	aead *subtle.AESGCM
	// tags makes names that only holders of the key can make.
	tags []byte
}

// NewKey makes a key of KeySize bytes.
func NewKey(raw []byte) (*Key, error) {
	if len(raw) != KeySize {
		return nil, errKeySize
	}
	aead, err := subtle.NewAESGCM(derived(raw, "encryption"))
	if err != nil {
		return nil, fmt.Errorf("set up the encryption of sign-ins: %w", err)
	}
	return &Key{aead: aead, tags: derived(raw, "names")}, nil
}

// derived gives each use of a key bytes of its own.
func derived(raw []byte, use string) []byte {
	m := hmac.New(sha256.New, raw)
	m.Write([]byte("tradepost sign-ins: " + use))
	return m.Sum(nil)
}

// tag names parts without giving them away.
func (k *Key) tag(parts ...string) string {
	m := hmac.New(sha256.New, k.tags)
	m.Write([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(m.Sum(nil)[:8])
}

// EnsureKeyFile returns the text (base64) of the key in the file at path, which is
// made with a new key, readable by its owner only, when it is not there. Of
// processes that come at the same time one makes it.
func EnsureKeyFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the key of the sign-ins: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make the folder of the key of the sign-ins: %w", err)
	}
	if err := makeKeyFile(path); err != nil {
		return "", fmt.Errorf("make the key of the sign-ins: %w", err)
	}
	text, err = os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the key of the sign-ins: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// makeKeyFile puts a whole file into place, unless there is one by then.
func makeKeyFile(path string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".key-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	_, err = draft.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}
