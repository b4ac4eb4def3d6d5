package record

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// behind answers the next few reads of a revision as a replica that has not heard of it.
type behind struct {
	jetstream.KeyValue
	answers int
}

func (b *behind) GetRevision(ctx context.Context, key string, revision uint64) (jetstream.KeyValueEntry, error) {
	if b.answers--; b.answers >= 0 {
		return nil, jetstream.ErrKeyNotFound
	}
	return b.KeyValue.GetRevision(ctx, key, revision)
}

// An old copy of the bucket holds an answer of its own day: for the age of the epoch only
// an answer to this question counts.
func TestTheExactTimeIsNoEarlierAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answers int
		fails   bool
	}{"soon there": {clockTries - 1, false}, "never there": {1000, true}} {
		t.Run(name, func(t *testing.T) {
			bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
				kv, err := s.JS(t).KeyValue(t.Context(), bus.BucketInvoices)
				require.NoError(t, err)
				_, err = kv.PutString(t.Context(), clockKey, "")
				require.NoError(t, err)
				was, err := kv.Get(t.Context(), clockKey)
				require.NoError(t, err)
				store := &Store{kv: &behind{KeyValue: kv, answers: c.answers}}
				now, err := store.exactNow(t.Context())
				if c.fails {
					require.ErrorIs(t, err, errClock)
					return
				}
				require.NoError(t, err)
				require.True(t, now.After(was.Created()))
			})
		})
	}
}
