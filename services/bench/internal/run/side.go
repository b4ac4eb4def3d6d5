package run

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

// side is one of the two that are compared.
type side interface {
	// send makes count new invoices pending, from the id first on.
	send(ctx context.Context, first int64, count int) ([]int64, error)
	// await waits until all of them are settled.
	await(ctx context.Context, ids []int64) error
	// times tells when the side could know of an invoice, and when it was settled.
	times(id int64) (known, settled time.Time)
	usage() (usage, error)
	streams() jetstream.JetStream
}

const (
	warmUp     = 32
	firstBurst = 10_000
	firstWave  = 1_000_000
)

// measure runs the same load on a side: a warm-up, a burst, and waves that come one
// by one when everything is quiet.
func measure(ctx context.Context, s side, o Options) (Result, []int64, error) {
	all, err := s.send(ctx, 1, warmUp)
	if err != nil {
		return Result{}, nil, err
	}
	if err := s.await(ctx, all); err != nil {
		return Result{}, nil, fmt.Errorf("warm-up: %w", err)
	}
	var r Result
	burst, err := measureBurst(ctx, s, o, &r)
	if err != nil {
		return Result{}, nil, fmt.Errorf("burst: %w", err)
	}
	all = append(all, burst...)
	var quiet []time.Duration
	for i := range o.Waves {
		ids, err := s.send(ctx, firstWave+int64(i*o.PerWave), o.PerWave)
		if err != nil {
			return Result{}, nil, err
		}
		if err := s.await(ctx, ids); err != nil {
			return Result{}, nil, fmt.Errorf("wave %d: %w", i+1, err)
		}
		quiet = append(quiet, latencies(s, ids)...)
		all = append(all, ids...)
	}
	r.Quiet = percentiles(quiet)
	return r, all, nil
}

func measureBurst(ctx context.Context, s side, o Options, r *Result) ([]int64, error) {
	before, err := snapshot(ctx, s)
	if err != nil {
		return nil, err
	}
	ids, err := s.send(ctx, firstBurst, o.Invoices)
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx, ids); err != nil {
		return nil, err
	}
	after, err := snapshot(ctx, s)
	if err != nil {
		return nil, err
	}
	n, used := float64(len(ids)), after.usage.since(before.usage)
	r.Invoices, r.PerSecond = len(ids), n/span(s, ids).Seconds()
	r.Busy = percentiles(latencies(s, ids))
	r.Allocations, r.Bytes, r.CPU = used.mallocs/n, used.bytes/n, used.cpu*1000/n
	r.RecordWrites = float64(after.records-before.records) / n
	r.Messages = float64(after.messages-before.messages) / n
	return ids, nil
}

// counts is what a side has used and written so far.
type counts struct {
	usage             usage
	records, messages uint64
}

func snapshot(ctx context.Context, s side) (counts, error) {
	u, err := s.usage()
	if err != nil {
		return counts{}, err
	}
	c := counts{usage: u}
	list := s.streams().ListStreams(ctx)
	for info := range list.Info() {
		switch info.Config.Name {
		case recordStream:
			c.records = info.State.LastSeq
		case bus.StreamPolls: // Ticks come with time, not with invoices.
		default:
			c.messages += info.State.LastSeq
		}
	}
	return c, list.Err()
}

func span(s side, ids []int64) time.Duration {
	var first, last time.Time
	for _, id := range ids {
		known, settled := s.times(id)
		if first.IsZero() || known.Before(first) {
			first = known
		}
		if settled.After(last) {
			last = settled
		}
	}
	return last.Sub(first)
}

func latencies(s side, ids []int64) []time.Duration {
	all := make([]time.Duration, len(ids))
	for i, id := range ids {
		known, settled := s.times(id)
		all[i] = settled.Sub(known)
	}
	return all
}
