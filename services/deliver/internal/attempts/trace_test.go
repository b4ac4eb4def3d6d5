package attempts_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/attempts"
)

// traced notes an id for each of its calls, as a vendor gives them.
type traced struct{ connector.Connector }

func (traced) Describe() connector.Descriptor { return connector.Descriptor{Kind: "traced"} }

func (traced) Find(ctx context.Context, _ connector.Query) ([]connector.Found, error) {
	connector.NoteTrace(ctx, "tid-find")
	return nil, nil
}

func (traced) Create(ctx context.Context, _ connector.Posting) connector.Answer {
	for _, id := range []string{"tid-1", "", "tid-2", "tid-1"} {
		connector.NoteTrace(ctx, id)
	}
	return connector.Uncertain{}
}

func (traced) Update(ctx context.Context, _ connector.Posting, _ connector.Found) connector.Answer {
	connector.NoteTrace(ctx, "tid-update")
	return connector.Posted{}
}

// The ids that the vendor's support asks for are in the attempt, whatever came of it.
func TestAnAttemptTellsTheVendorsIdsOfItsCalls(t *testing.T) {
	js := bustest.Server(t).JS(t)
	r := &attempts.Recorder{Bus: bus.NewPublisher(js, slog.New(slog.DiscardHandler)), Connection: "acme-qbo", Log: slog.New(slog.DiscardHandler)}
	c := r.Wrap(traced{})
	p := connector.Posting{Document: &tradepostv1.Document{Marker: "st-acme-1042"}}
	_, err := c.Find(t.Context(), connector.Query{Marker: "st-acme-1042"})
	require.NoError(t, err)
	c.Create(t.Context(), p)
	c.(connector.Updater).Update(t.Context(), p, connector.Found{})

	stream, err := js.Stream(t.Context(), bus.StreamEvents)
	require.NoError(t, err)
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy})
	require.NoError(t, err)
	for _, want := range []string{"tid-find", "tid-1 tid-2", "tid-update"} {
		m, err := consumer.Next()
		require.NoError(t, err)
		var a tradepostv1.InvoiceAttempt
		require.NoError(t, protojson.Unmarshal(m.Data(), &a))
		require.Equal(t, want, a.GetVendorTraceId())
	}
}
