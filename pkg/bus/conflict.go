package bus

import (
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// IsConflict tells whether a compare-and-set on a key failed because somebody else
// wrote the key first. A bucket with several replicas says so in other words than
// one with a single one.
func IsConflict(err error) bool {
	return errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch)
}
