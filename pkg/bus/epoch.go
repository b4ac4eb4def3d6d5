package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// EpochKey is the key of the epoch in the bucket of the records. It has no dot, so it
// is no invoice's key. See package record for what an epoch is good for.
const EpochKey = "epoch"

// Epoch is the time through which the records were kept without a loss.
type Epoch struct {
	// ID tells one epoch from another.
	ID string `json:"id"`
	// Since is the server's time of its beginning; zero says that there was nothing
	// before it that could have been lost.
	Since time.Time `json:"since"`
}

// NewEpoch begins at a time of the server's clock.
func NewEpoch(since time.Time) Epoch { return Epoch{ID: rand.Text(), Since: since} }

// Encode is the value of EpochKey.
func (e Epoch) Encode() []byte {
	body, _ := json.Marshal(e) // A string and a time of this century cannot fail.
	return body
}

// DecodeEpoch reads the value of EpochKey.
func DecodeEpoch(body []byte) (Epoch, error) {
	var e Epoch
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("decode the epoch of the records: %w", err)
	}
	return e, nil
}

// beginFirst begins the epoch of a bucket before which there was none.
func beginFirst(ctx context.Context, js jetstream.JetStream) error {
	kv, err := js.KeyValue(ctx, BucketInvoices)
	if err != nil {
		return err
	}
	_, err = kv.Create(ctx, EpochKey, NewEpoch(time.Time{}).Encode())
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	return err
}
