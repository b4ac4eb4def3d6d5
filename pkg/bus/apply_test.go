package bus_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

func TestApplyIsIdempotent(t *testing.T) {
	js := bustest.Server(t).BareJS(t)
	for i, want := range []bus.Action{bus.ActionCreated, bus.ActionUnchanged} {
		done, err := bus.Apply(within(t), js, bus.ApplyOptions{})
		require.NoError(t, err, "run %d", i+1)
		require.Len(t, done, len(bus.Streams(1))+len(bus.Buckets(1)))
		for _, a := range done {
			require.Equal(t, want, a.Action, "%s %s: %v", a.Kind, a.Name, a.Changes)
		}
	}
}

func TestApplyMendsWhatDiffers(t *testing.T) {
	js := bustest.Server(t).JS(t)
	changed := bus.Streams(1)[1]
	changed.MaxAge /= 2
	_, err := js.UpdateStream(within(t), changed)
	require.NoError(t, err)
	_, err = js.UpdateKeyValue(within(t), jetstream.KeyValueConfig{Bucket: bus.BucketInvoices, History: 2, Storage: jetstream.FileStorage})
	require.NoError(t, err)

	done, err := bus.Apply(within(t), js, bus.ApplyOptions{Replicas: 1})
	require.NoError(t, err)
	updated := map[string][]string{}
	for _, a := range done {
		if a.Action != bus.ActionUnchanged {
			require.Equal(t, bus.ActionUpdated, a.Action)
			updated[a.Name] = a.Changes
		}
	}
	require.Equal(t, []string{"max_age is 1080h0m0s, wanted 2160h0m0s"}, updated[bus.StreamReady])
	require.Contains(t, updated[bus.BucketInvoices], "max_msgs_per_subject is 2, wanted 5")
	require.Len(t, updated, 2)
}

func TestApplyReplicas(t *testing.T) {
	js := bustest.Server(t).JS(t)
	_, err := bus.Apply(within(t), js, bus.ApplyOptions{Replicas: 3})
	require.ErrorContains(t, err, "apply stream INVOICE_RECEIVED", "one server cannot hold three replicas")
}

// dropping is JetStream of a server that does not know schedules.
type dropping struct{ jetstream.JetStream }

type droppedStream struct{ jetstream.Stream }

func (d dropping) CreateOrUpdateStream(ctx context.Context, c jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := d.JetStream.CreateOrUpdateStream(ctx, c)
	return droppedStream{s}, err
}

func (d droppedStream) CachedInfo() *jetstream.StreamInfo {
	info := *d.Stream.CachedInfo()
	info.Config.AllowMsgSchedules = false
	return &info
}

func TestApplyNamesWhatTheServerDropped(t *testing.T) {
	js := bustest.Server(t).BareJS(t)
	done, err := bus.Apply(within(t), dropping{js}, bus.ApplyOptions{})
	require.ErrorContains(t, err, "apply stream INVOICE_READY: the server accepted the configuration and dropped part of it: "+
		"allow_msg_schedules is false, wanted true")
	require.Len(t, done, 1, "what was done before is reported")
}

func TestApplyRefusesForeignStream(t *testing.T) {
	js := bustest.Server(t).BareJS(t)
	_, err := js.CreateStream(within(t), jetstream.StreamConfig{Name: "THEIRS", Subjects: []string{"invoice.>"}})
	require.NoError(t, err)
	_, err = bus.Apply(within(t), js, bus.ApplyOptions{})
	require.ErrorContains(t, err, "apply stream INVOICE_RECEIVED")
	require.ErrorContains(t, err, "overlap")
}

func TestVerifyNamesWhatIsMissing(t *testing.T) {
	js := bustest.Server(t).JS(t)
	require.NoError(t, bus.Verify(within(t), js))
	require.NoError(t, js.DeleteStream(within(t), bus.StreamOutcome))
	require.NoError(t, js.DeleteKeyValue(within(t), bus.BucketConnections))
	require.EqualError(t, bus.Verify(within(t), js),
		"missing on the NATS server: stream INVOICE_OUTCOME, bucket connections; run `tradepost nats apply`")
}

// What a server wrote compressed it may not be able to read after it was killed; see
// stageStream. Apply also takes the compression from streams that were made with it.
func TestNothingIsCompressed(t *testing.T) {
	js := bustest.Server(t).BareJS(t)
	old := bus.Streams(1)[0]
	old.Compression = jetstream.S2Compression
	_, err := js.CreateStream(t.Context(), old)
	require.NoError(t, err)
	_, err = bus.Apply(t.Context(), js, bus.ApplyOptions{})
	require.NoError(t, err)
	names := js.StreamNames(t.Context())
	seen := 0
	for name := range names.Name() {
		s, err := js.Stream(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, jetstream.NoCompression, s.CachedInfo().Config.Compression, name)
		seen++
	}
	require.NoError(t, names.Err())
	require.Equal(t, len(bus.Streams(1))+len(bus.Buckets(1)), seen)
}
