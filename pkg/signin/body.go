package signin

import (
	"encoding/json"
	"fmt"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// body is what the bucket holds of an account's sign-in (JSON). Only Sealed is
// secret; the rest is for people and for doctor to read.
type body struct {
	SignedIn bool `json:"signed_in"`
	// Sealed is the encrypted servicetrade.Access: nonce, ciphertext and tag.
	Sealed  []byte                `json:"sealed,omitempty"`
	Lease   *servicetrade.Lease   `json:"signing_in,omitempty"`
	Failure *servicetrade.Failure `json:"failure,omitempty"`
	Trouble *servicetrade.Trouble `json:"trouble,omitempty"`
}

// seal encrypts s for the place called name: elsewhere it cannot be opened.
func (k *Key) seal(name string, s servicetrade.SignIn) ([]byte, error) {
	b := body{SignedIn: s.Access.Token != "", Lease: s.Lease, Failure: s.Failure, Trouble: s.Trouble}
	if s.Access != (servicetrade.Access{}) {
		plain, err := json.Marshal(s.Access)
		if err != nil {
			return nil, fmt.Errorf("encode the sign-in %s: %w", name, err)
		}
		if b.Sealed, err = k.aead.Encrypt(plain, []byte(name)); err != nil {
			return nil, fmt.Errorf("encrypt the sign-in %s: %w", name, err)
		}
	}
	out, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode the sign-in %s: %w", name, err)
	}
	return out, nil
}

// open is the other way of seal. What cannot be decrypted comes back as nobody
// signed in, with the error.
func (k *Key) open(name string, raw []byte) (servicetrade.SignIn, error) {
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return servicetrade.SignIn{}, fmt.Errorf("decode the sign-in %s: %w", name, err)
	}
	s := servicetrade.SignIn{Lease: b.Lease, Failure: b.Failure, Trouble: b.Trouble}
	if len(b.Sealed) == 0 {
		return s, nil
	}
	plain, err := k.aead.Decrypt(b.Sealed, []byte(name))
	if err != nil {
		return s, fmt.Errorf("decrypt the sign-in %s: %w", name, err)
	}
	if err := json.Unmarshal(plain, &s.Access); err != nil {
		return servicetrade.SignIn{Lease: b.Lease, Failure: b.Failure, Trouble: b.Trouble}, fmt.Errorf("decode the sign-in %s: %w", name, err)
	}
	return s, nil
}
