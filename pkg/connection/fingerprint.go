package connection

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// Fingerprint changes whenever anything of the account does, its secrets
// included. It tells nothing about them.
func (a *Account) Fingerprint() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %q %+v", a.ID, a.TimeZone, a.ServiceTrade)
	for _, field := range reflect.ValueOf(a.ServiceTrade).Fields() {
		if secret, ok := reflect.TypeAssert[Secret](field); ok { // which %v hides
			_, _ = fmt.Fprintf(h, " %q", secret.Reveal())
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Fingerprint changes whenever something changes that a connection at work was
// made from: what the file says of it, its account, and the secrets that its
// settings name. The mapping is no part of it: it is looked up for each invoice.
func (c *Connection) Fingerprint() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %q %q %t %q %q", c.ID, c.AccountID, c.Connector, c.Enabled, c.DisplayName, c.written)
	if c.Account != nil {
		_, _ = io.WriteString(h, c.Account.Fingerprint())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// entry stands for what the file says of a connection, and for the secrets that
// it names. These are read already, so that they are watched and stay what they
// were, even where no program asks for the settings.
func (s secretSource) entry(n strictyaml.Node) string {
	h := sha256.New()
	_, _ = io.WriteString(h, n.Written())
	for _, path := range n.Only("file") {
		data, err := s.files.secret(resolve(s.dir, path))
		of := sumOf(data, err)
		_, _ = h.Write(of[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
