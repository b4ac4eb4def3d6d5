package doctor

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

const applyFix = "Run: tradepost nats apply"

// streams compares what is there with what the services expect.
func streams(ctx context.Context, c check, js jetstream.JetStream, replicas int) []Result {
	var missing []string
	var results []Result
	looked := 0
	for _, want := range bus.Streams(max(replicas, 1)) {
		looked++
		s, err := js.Stream(ctx, want.Name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			missing = append(missing, "stream "+want.Name)
		case err != nil:
			return append(results, c.unread("stream "+want.Name, err))
		default:
			results = append(results, c.compared("stream "+want.Name, streamDiffs(want, s.CachedInfo().Config))...)
		}
	}
	for _, want := range bus.Buckets(max(replicas, 1)) {
		looked++
		diffs, err := bucketDiffs(ctx, js, want)
		switch {
		case errors.Is(err, jetstream.ErrBucketNotFound):
			missing = append(missing, "bucket "+want.Bucket)
		case err != nil:
			return append(results, c.unread("bucket "+want.Bucket, err))
		default:
			results = append(results, c.compared("bucket "+want.Bucket, diffs)...)
		}
	}
	if len(missing) > 0 {
		results = append(results, c.fail(operator, applyFix, "missing: %s", strings.Join(missing, ", ")))
	}
	if len(results) == 0 {
		return []Result{c.ok("%d streams and buckets are as declared", looked)}
	}
	return results
}

func (c check) unread(what string, err error) Result {
	return c.fail(operator, "Check that JetStream works, and the permissions of the NATS user.", "%s cannot be looked at: %v", what, err)
}

func (c check) compared(what string, diffs []string) []Result {
	if len(diffs) == 0 {
		return nil
	}
	return []Result{c.warn(operator, applyFix+" - it puts them right. Other limits than the declared ones may lose messages.",
		"%s is not as declared: %s", what, strings.Join(diffs, "; "))}
}

// setting is one value that matters, as it is wanted and as it is.
type setting struct {
	name       string
	want, have any
}

func differing(settings []setting) []string {
	var diffs []string
	for _, s := range settings {
		if !reflect.DeepEqual(s.want, s.have) {
			diffs = append(diffs, fmt.Sprintf("%s is %v, wanted %v", s.name, s.have, s.want))
		}
	}
	return diffs
}

// streamDiffs compares what decides which messages are kept, and for how long.
func streamDiffs(want, have jetstream.StreamConfig) []string {
	diffs := differing([]setting{
		{"subjects", want.Subjects, have.Subjects},
		{"retention", want.Retention, have.Retention},
		{"storage", want.Storage, have.Storage},
		{"discard", want.Discard, have.Discard},
		{"max_age", want.MaxAge, have.MaxAge},
		{"duplicate_window", want.Duplicates, have.Duplicates},
		{"max_msgs", want.MaxMsgs, have.MaxMsgs},
		{"max_bytes", want.MaxBytes, have.MaxBytes},
		{"max_msgs_per_subject", want.MaxMsgsPerSubject, have.MaxMsgsPerSubject},
		{"max_msg_size", want.MaxMsgSize, have.MaxMsgSize},
		{"max_consumers", want.MaxConsumers, have.MaxConsumers},
		{"num_replicas", want.Replicas, have.Replicas},
		{"allow_direct", want.AllowDirect, have.AllowDirect},
		{"compression", want.Compression, have.Compression},
	})
	// The server may allow more than was asked for.
	for _, s := range []setting{
		{"allow_msg_schedules", want.AllowMsgSchedules, have.AllowMsgSchedules},
		{"allow_msg_ttl", want.AllowMsgTTL, have.AllowMsgTTL},
	} {
		if s.want == true && s.have != true {
			diffs = append(diffs, s.name+" is not set")
		}
	}
	return diffs
}

func bucketDiffs(ctx context.Context, js jetstream.JetStream, want jetstream.KeyValueConfig) ([]string, error) {
	kv, err := js.KeyValue(ctx, want.Bucket)
	if err != nil {
		return nil, err
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, err
	}
	have := status.Config()
	return differing([]setting{
		{"history", want.History, have.History},
		{"ttl", want.TTL, have.TTL},
		{"storage", want.Storage, have.Storage},
		{"replicas", want.Replicas, have.Replicas},
		{"compression", want.Compression, have.Compression},
	}), nil
}
