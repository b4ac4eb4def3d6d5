package signin

import "github.com/tradepost/tradepost/pkg/servicetrade"

// Seal and Open are the encryption, for the fuzz test.
func (k *Key) Seal(name string, s servicetrade.SignIn) ([]byte, error) { return k.seal(name, s) }

// Open is the other way of Seal.
func (k *Key) Open(name string, raw []byte) (servicetrade.SignIn, error) { return k.open(name, raw) }
