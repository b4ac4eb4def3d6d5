package ingest

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

// messages reads what is in the streams, for the opener.
type messages struct{ js jetstream.JetStream }

func (m messages) At(ctx context.Context, stream string, sequence uint64) (bus.Message, error) {
	return bus.At(ctx, m.js, stream, sequence)
}
