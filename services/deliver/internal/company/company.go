// Package company makes sure that a connection posts to the books that it was
// first used with: a company swapped behind a connection would hide every
// document that was posted, and all of them would be posted again.
package company

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/keep"
	"github.com/tradepost/tradepost/pkg/connector"
)

// ErrSwapped means that the accounting system holds another company than the one
// that the connection was first used with.
var ErrSwapped = errors.New("the accounting system holds another company than before")

// ErrMoved means that the connection was first used with another ServiceTrade account.
var ErrMoved = errors.New("the connection belongs to another account")

// Verify compares the ServiceTrade account, and the company behind c, with those that
// are stored for the connection, and stores them at first use: its records and markers
// are of that account.
func Verify(ctx context.Context, kv jetstream.KeyValue, connection, account string, c connector.Connector) error {
	now, err := c.Company(ctx)
	if err != nil {
		return fmt.Errorf("ask the accounting system for its company: %w", err)
	}
	r, revision, err := load(ctx, kv, connection)
	if err != nil {
		return err
	}
	if was := r.GetAccount(); was != "" && was != account {
		return fmt.Errorf("connection %s was first used with account %s, and now has %s: %w; give it back to that account, or use a new connection id",
			connection, was, account, ErrMoved)
	}
	switch {
	case r.GetCompanyId() == now.ID && r.GetAccount() != "":
		return nil
	case r.GetCompanyId() == "", r.GetCompanyId() == now.ID:
		r.Account = account
		return store(ctx, kv, connection, revision, r, now)
	default:
		return fmt.Errorf("connection %s was first used with %q (%s), and now finds %q (%s): %w; bring the first one back, or use a new connection id if another company is really meant",
			connection, r.GetCompanyName(), r.GetCompanyId(), now.Name, now.ID, ErrSwapped)
	}
}

// Stored returns the id of the company that the connection was first used with, or
// "" before that.
func Stored(ctx context.Context, kv jetstream.KeyValue, connection string) (string, error) {
	r, _, err := load(ctx, kv, connection)
	return r.GetCompanyId(), err
}

// Open opens the bucket with the connections' own records. Once for all connections:
// it asks the server, and a thousand at a time would wait for each other.
func Open(ctx context.Context, js jetstream.JetStream) (jetstream.KeyValue, error) {
	kv, err := js.KeyValue(ctx, bus.BucketConnections)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q: %w", bus.BucketConnections, err)
	}
	return kv, nil
}

// load reads the connection's own record; one that was never written has revision 0.
func load(ctx context.Context, kv jetstream.KeyValue, connection string) (*tradepostv1.ConnectionRecord, uint64, error) {
	r := &tradepostv1.ConnectionRecord{Connection: connection}
	e, err := kv.Get(ctx, connection)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return r, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the record of connection %s: %w", connection, err)
	}
	if err := keep.Unmarshal(e.Value(), r); err != nil {
		return nil, 0, fmt.Errorf("decode the record of connection %s: %w", connection, err)
	}
	return r, e.Revision(), nil
}

// store writes the company into the record; what a newer version wrote stays there.
func store(ctx context.Context, kv jetstream.KeyValue, connection string, rev uint64, r *tradepostv1.ConnectionRecord, c connector.Company) error {
	r.CompanyId, r.CompanyName = c.ID, c.Name
	body, err := keep.Marshal(r)
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
