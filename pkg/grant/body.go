package grant

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/keyring"
)

// body is an entry as the bucket holds it (JSON). Only Sealed is secret; the rest is
// for people, and for programs without the keys.
type body struct {
	System      string    `json:"system"`
	SignIn      string    `json:"sign_in"`
	Company     string    `json:"company"`
	SignedIn    time.Time `json:"signed_in"`
	Renewed     time.Time `json:"renewed"`
	RefreshEnds time.Time `json:"refresh_ends,omitzero"`
	Ends        time.Time `json:"ends,omitzero"`
	Pairs       int64     `json:"pairs"`
	Claim       *Claim    `json:"renewing,omitempty"`
	Trouble     *Trouble  `json:"trouble,omitempty"`
	// Key is the id of the key that encrypted Sealed.
	Key string `json:"key"`
	// Sealed is Secrets as JSON, encrypted for this place of the bucket.
	Sealed []byte `json:"sealed"`
}

// errUnreadable is an entry that no key can open: it was changed by hand, or cut off.
var errUnreadable = errors.New("the stored sign-in cannot be read")

func place(connection string) string { return "grants/" + connection }

func seal(ring *keyring.Ring, connection string, e Entry) ([]byte, error) {
	plain, err := json.Marshal(e.Secrets)
	if err != nil {
		return nil, fmt.Errorf("encode the sign-in of connection %s: %w", connection, err)
	}
	sealed, err := ring.Encrypt(plain, place(connection))
	if err != nil {
		return nil, fmt.Errorf("the sign-in of connection %s: %w", connection, err)
	}
	key, _ := keyring.KeyOf(sealed)
	out, err := json.Marshal(body{
		System: e.System, SignIn: e.SignIn, Company: e.Company, SignedIn: e.SignedIn, Renewed: e.Renewed, RefreshEnds: e.RefreshEnds(),
		Ends: e.Ends, Pairs: e.Pairs, Claim: e.Claim, Trouble: e.Trouble, Key: key.String(), Sealed: sealed,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the sign-in of connection %s: %w", connection, err)
	}
	return out, nil
}

// open is the other way of seal. keyring.ErrNoKey means that the entry is whole, and
// that this process lacks its key. ring is nil where it has none at all.
func open(ring *keyring.Ring, connection string, raw []byte) (Entry, error) {
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return Entry{}, fmt.Errorf("connection %s: %w: %w", connection, errUnreadable, err)
	}
	e := Entry{
		System: b.System, SignIn: b.SignIn, SignedIn: b.SignedIn, Renewed: b.Renewed, Ends: b.Ends, Pairs: b.Pairs,
		Claim: b.Claim, Trouble: b.Trouble,
	}
	if ring == nil {
		return Entry{}, &keyError{needs: b.Key}
	}
	plain, err := ring.Decrypt(b.Sealed, place(connection))
	if errors.Is(err, keyring.ErrNoKey) {
		return Entry{}, &keyError{needs: b.Key, has: ring.IDs()}
	}
	if err != nil {
		return Entry{}, fmt.Errorf("connection %s: %w: %w", connection, errUnreadable, err)
	}
	if err := json.Unmarshal(plain, &e.Secrets); err != nil {
		return Entry{}, fmt.Errorf("connection %s: %w: %w", connection, errUnreadable, err)
	}
	return e, nil
}
