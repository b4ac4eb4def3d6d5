package record

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/keep"
)

// ErrConflict means that somebody else changed the record since it was read.
// Read it again and decide anew.
var ErrConflict = errors.New("the record was changed by somebody else")

// Key names the record of one invoice.
type Key struct {
	Account   string
	InvoiceID int64
}

// String returns the key in the bucket: <account>.<invoiceId>.
func (k Key) String() string { return k.Account + "." + strconv.FormatInt(k.InvoiceID, 10) }

func parseKey(s string) (Key, bool) {
	account, id, ok := strings.Cut(s, ".")
	if !ok {
		return Key{}, false
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return Key{Account: account, InvoiceID: n}, err == nil
}

// Entry is a record as it was read.
type Entry struct {
	Key Key
	// Record is nil when the invoice has none yet.
	Record *tradepostv1.Record
	// Revision is what a change is compared with; 0 when there is no record.
	Revision uint64
	// At is the server's time of this revision; zero in an entry that Change
	// returned, since only those who did not write it have to measure from it.
	At time.Time
}

// State returns the record's state; unspecified when there is no record.
func (e Entry) State() tradepostv1.RecordState { return e.Record.GetState() }

// Store reads and changes records.
type Store struct{ kv jetstream.KeyValue }

// Open binds to the bucket, which `tradepost nats apply` makes.
func Open(ctx context.Context, js jetstream.JetStream) (*Store, error) {
	kv, err := js.KeyValue(ctx, bus.BucketInvoices)
	if err != nil {
		return nil, fmt.Errorf("open the bucket %q of the records: %w", bus.BucketInvoices, err)
	}
	return &Store{kv: kv}, nil
}

// Get reads the record of an invoice. An invoice without one is no error: its
// entry has no record.
func (s *Store) Get(ctx context.Context, k Key) (Entry, error) {
	e, err := s.kv.Get(ctx, k.String())
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Entry{Key: k}, nil
	}
	if err != nil {
		return Entry{}, fmt.Errorf("read the record %s: %w", k, err)
	}
	return decode(k, e)
}

func decode(k Key, e jetstream.KeyValueEntry) (Entry, error) {
	r := &tradepostv1.Record{}
	if err := keep.Unmarshal(e.Value(), r); err != nil {
		return Entry{}, fmt.Errorf("decode the record %s, revision %d: %w", k, e.Revision(), err)
	}
	return Entry{Key: k, Record: r, Revision: e.Revision(), At: e.Created()}, nil
}

// Change writes the record that next makes of the entry's, if nobody changed it
// since; otherwise ErrConflict. next gets a copy, and nil when there is no record.
// What a newer version wrote and this one does not know stays in the record. The
// entry returned serves the next change.
func (s *Store) Change(ctx context.Context, e Entry, next Transition) (Entry, error) {
	var current *tradepostv1.Record
	if e.Record != nil {
		current = proto.Clone(e.Record).(*tradepostv1.Record)
	}
	r, err := next(current)
	if err != nil {
		return Entry{}, fmt.Errorf("record %s: %w", e.Key, err)
	}
	keep.Carry(e.Record, r)
	body, err := keep.Marshal(r)
	if err != nil {
		return Entry{}, fmt.Errorf("encode the record %s: %w", e.Key, err)
	}
	rev, err := s.write(ctx, e, body)
	if err != nil {
		return s.reconsider(ctx, e, r, err)
	}
	return Entry{Key: e.Key, Record: r, Revision: rev}, nil
}

func (s *Store) write(ctx context.Context, e Entry, body []byte) (uint64, error) {
	if e.Revision == 0 {
		return s.kv.Create(ctx, e.Key.String(), body)
	}
	return s.kv.Update(ctx, e.Key.String(), body, e.Revision)
}

// reconsider decides what a write that returned an error has done: the answer of
// a write that succeeded can be lost, and a second try then looks like a conflict.
func (s *Store) reconsider(ctx context.Context, e Entry, wrote *tradepostv1.Record, cause error) (Entry, error) {
	if bus.IsConflict(cause) {
		return Entry{}, fmt.Errorf("record %s: %w", e.Key, ErrConflict)
	}
	now, err := s.Get(ctx, e.Key)
	if err == nil && now.Revision > e.Revision && proto.Equal(now.Record, wrote) {
		return now, nil
	}
	return Entry{}, fmt.Errorf("write the record %s: %w", e.Key, cause)
}

// Each calls f with every record as it is now. They arrive in one stream, so that
// a hundred thousand are no hundred thousand requests. f may change records; a
// record that changes meanwhile is seen in either shape. One that cannot be read
// is told in the error at the end, and does not hide the others.
func (s *Store) Each(ctx context.Context, f func(Entry) error) error {
	w, err := s.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("read all records: %w", err)
	}
	defer func() { _ = w.Stop() }()
	var broken error
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case one, open := <-w.Updates():
			if !open {
				return errors.New("read all records: the server ended the stream of records")
			}
			if one == nil { // All that was there is seen; what follows are changes.
				return broken
			}
			k, ok := parseKey(one.Key())
			if !ok {
				continue
			}
			e, err := decode(k, one)
			if err != nil {
				broken = errors.Join(broken, err)
				continue
			}
			if err := f(e); err != nil {
				return err
			}
		}
	}
}
