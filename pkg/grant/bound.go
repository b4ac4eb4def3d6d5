package grant

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
)

func (k *Keeper) bound(ctx context.Context, connection string) (Company, error) {
	return Bound(ctx, k.js, connection)
}

// Bound reads from the connection's own record the company of its first use, which
// deliver wrote there; none where it was not used yet.
func Bound(ctx context.Context, js jetstream.JetStream, connection string) (Company, error) {
	kv, err := js.KeyValue(ctx, bus.BucketConnections)
	if err != nil {
		return Company{}, fmt.Errorf("open the bucket %q: %w", bus.BucketConnections, err)
	}
	e, err := kv.Get(ctx, connection)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Company{}, nil
	}
	if err != nil {
		return Company{}, fmt.Errorf("read the record of connection %s: %w", connection, err)
	}
	r := &tradepostv1.ConnectionRecord{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(e.Value(), r); err != nil {
		return Company{}, fmt.Errorf("decode the record of connection %s: %w", connection, err)
	}
	return Company{ID: r.GetCompanyId(), Name: r.GetCompanyName()}, nil
}
