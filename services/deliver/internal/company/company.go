// Package company makes sure that a connection posts to the books that it was
// first used with: a company swapped behind a connection would hide every
// document that was posted, and all of them would be posted again.
package company

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
)

// ErrSwapped means that the accounting system holds another company than the one
// that the connection was first used with.
var ErrSwapped = errors.New("the accounting system holds another company than before")

// Verify compares the company behind c with the one stored for the connection,
// and stores it at first use.
func Verify(ctx context.Context, js jetstream.JetStream, connection string, c connector.Connector) error {
	now, err := c.Company(ctx)
	if err != nil {
		return fmt.Errorf("ask the accounting system for its company: %w", err)
	}
	kv, r, revision, err := load(ctx, js, connection)
	if err != nil {
		return err
	}
	switch r.GetCompanyId() {
	case now.ID:
		return nil
	case "":
		return store(ctx, kv, connection, revision, r, now)
	default:
		return fmt.Errorf("connection %s was first used with %q (%s), and now finds %q (%s): %w; bring the first one back, or use a new connection id if another company is really meant",
			connection, r.GetCompanyName(), r.GetCompanyId(), now.Name, now.ID, ErrSwapped)
	}
}

// Stored returns the id of the company that the connection was first used with, or
// "" before that.
func Stored(ctx context.Context, js jetstream.JetStream, connection string) (string, error) {
	_, r, _, err := load(ctx, js, connection)
	return r.GetCompanyId(), err
}

// load reads the connection's own record; one that was never written has revision 0.
func load(ctx context.Context, js jetstream.JetStream, connection string) (jetstream.KeyValue, *tradepostv1.ConnectionRecord, uint64, error) {
	kv, err := js.KeyValue(ctx, bus.BucketConnections)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("open the bucket %q: %w", bus.BucketConnections, err)
	}
	r := &tradepostv1.ConnectionRecord{Connection: connection}
	e, err := kv.Get(ctx, connection)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return kv, r, 0, nil
	}
	if err != nil {
		return nil, nil, 0, fmt.Errorf("read the record of connection %s: %w", connection, err)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(e.Value(), r); err != nil {
		return nil, nil, 0, fmt.Errorf("decode the record of connection %s: %w", connection, err)
	}
	return kv, r, e.Revision(), nil
}

func store(ctx context.Context, kv jetstream.KeyValue, connection string, rev uint64, r *tradepostv1.ConnectionRecord, c connector.Company) error {
	r.CompanyId, r.CompanyName = c.ID, c.Name
	body, err := protojson.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode the record of connection %s: %w", connection, err)
	}
	if rev == 0 {
		_, err = kv.Create(ctx, connection, body)
	} else {
		_, err = kv.Update(ctx, connection, body, rev)
	}
	if bus.IsConflict(err) {
		return fmt.Errorf("the record of connection %s was written by another replica: try again", connection)
	}
	return err
}
