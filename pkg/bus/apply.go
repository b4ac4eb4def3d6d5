package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// ApplyOptions says how streams and buckets are to be made.
type ApplyOptions struct {
	// Replicas is how many servers of a cluster hold each message: 1, 3 or 5; 0 means 1.
	Replicas int
	// FirstInstall says that no Tradepost ever posted for these connections from another
	// store. Where this call makes all streams and buckets, postings then begin at once;
	// otherwise they wait until what a lost store forgot must have ended.
	FirstInstall bool
}

// Action tells what Apply did with one stream or bucket.
type Action string

// The actions of Apply.
const (
	ActionCreated   Action = "created"
	ActionUpdated   Action = "updated"
	ActionUnchanged Action = "unchanged"
)

// Applied is what Apply did with one stream or bucket.
type Applied struct {
	// Kind is "stream" or "bucket".
	Kind   string
	Name   string
	Action Action
	// Changes lists what an update changed, in words.
	Changes []string
}

// Apply makes all streams and buckets as they are declared here, and changes those
// that differ. It is for the one owner (tradepost nats apply, or the one binary);
// services only Verify. It refuses a server that is too old, and fails naming the
// fields when the server did not take over what it was asked for. What it did
// before an error is returned with the error; it can be run again at any time.
func Apply(ctx context.Context, js jetstream.JetStream, o ApplyOptions) ([]Applied, error) {
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if err := checkServer(js.Conn()); err != nil {
		return nil, err
	}
	var done []Applied
	for _, config := range Streams(o.Replicas) {
		a, err := applyStream(ctx, js, config)
		if err != nil {
			return done, fmt.Errorf("apply stream %s: %w", config.Name, err)
		}
		done = append(done, a)
	}
	for _, config := range Buckets(o.Replicas) {
		a, err := applyBucket(ctx, js, config)
		if err != nil {
			return done, fmt.Errorf("apply bucket %s: %w", config.Bucket, err)
		}
		done = append(done, a)
	}
	if o.FirstInstall && allNew(done) {
		if err := beginFirst(ctx, js); err != nil {
			return done, fmt.Errorf("begin the epoch of the records: %w", err)
		}
	}
	return done, nil
}

// allNew tells a first installation from one that lost a part of its store.
func allNew(done []Applied) bool {
	return !slices.ContainsFunc(done, func(a Applied) bool { return a.Action != ActionCreated })
}

func applyStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (Applied, error) {
	a, err := plan(ctx, js, "stream", want.Name, want)
	if err != nil || a.Action == ActionUnchanged {
		return a, err
	}
	stream, err := js.CreateOrUpdateStream(ctx, want)
	if err != nil {
		return a, err
	}
	return a, checkEcho(want, stream.CachedInfo().Config)
}

func applyBucket(ctx context.Context, js jetstream.JetStream, want jetstream.KeyValueConfig) (Applied, error) {
	config := bucketStream(want)
	a, err := plan(ctx, js, "bucket", want.Bucket, config)
	if err != nil || a.Action == ActionUnchanged {
		return a, err
	}
	if _, err := js.CreateOrUpdateKeyValue(ctx, want); err != nil {
		return a, err
	}
	stream, err := js.Stream(ctx, config.Name)
	if err != nil {
		return a, fmt.Errorf("read back: %w", err)
	}
	return a, checkEcho(config, stream.CachedInfo().Config)
}

// plan looks at what is there and says what has to be done.
func plan(ctx context.Context, js jetstream.JetStream, kind, name string, want jetstream.StreamConfig) (Applied, error) {
	a := Applied{Kind: kind, Name: name, Action: ActionCreated}
	stream, err := js.Stream(ctx, want.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return a, nil
	case err != nil:
		return a, fmt.Errorf("look at what is there: %w", err)
	}
	a.Changes = differences(want, stream.CachedInfo().Config)
	a.Action = ActionUpdated
	if len(a.Changes) == 0 {
		a.Action = ActionUnchanged
	}
	return a, nil
}

func checkEcho(want, echoed jetstream.StreamConfig) error {
	diffs := differences(want, echoed)
	if len(diffs) == 0 {
		return nil
	}
	return fmt.Errorf("the server accepted the configuration and dropped part of it: %s; "+
		"is a server of the cluster older than %d.%d?", strings.Join(diffs, "; "), minServerMajor, minServerMinor)
}
