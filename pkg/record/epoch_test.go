package record_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

// asked is what the tests would claim: others have to wait for 27 s.
var asked = record.Claiming{Lasts: 20 * time.Second, Settling: 2 * time.Second}

const asLongAs = 27 * time.Second

// kept is a bucket of records in fake time.
type kept struct {
	t  *testing.T
	js jetstream.JetStream
}

func keptInFakeTime(t *testing.T, first bool, test func(k *kept)) {
	t.Helper()
	bustest.FakeTime(t, func(t *testing.T, s *bustest.Broker) {
		k := &kept{t: t, js: s.BareJS(t)}
		_, err := bus.Apply(t.Context(), k.js, bus.ApplyOptions{FirstInstall: first})
		require.NoError(t, err)
		test(k)
	})
}

// process is one that has just started.
func (k *kept) process() *record.Epochs {
	k.t.Helper()
	s, err := record.Open(k.t.Context(), k.js)
	require.NoError(k.t, err)
	return s.Epochs(slog.New(slog.DiscardHandler))
}

// alive is a process that notes every few seconds that the records are the same.
func (k *kept) alive() (e *record.Epochs, kill func()) {
	e = k.process()
	return e, k.keep(e)
}

func (k *kept) keep(e *record.Epochs) (kill func()) {
	ctx, cancel := context.WithCancel(k.t.Context())
	ended := make(chan error)
	go func() { ended <- e.Keep(ctx) }()
	return func() {
		cancel()
		require.NoError(k.t, <-ended)
	}
}

func (k *kept) young(e *record.Epochs) time.Duration {
	k.t.Helper()
	left, err := e.Young(k.t.Context(), asked)
	require.NoError(k.t, err)
	return left
}

// lose does something to the records.
func (k *kept) lose(harm func(ctx context.Context, kv jetstream.KeyValue) error) {
	k.t.Helper()
	kv, err := k.js.KeyValue(k.t.Context(), bus.BucketInvoices)
	require.NoError(k.t, err)
	require.NoError(k.t, harm(k.t.Context(), kv))
}

func (k *kept) wipe(ctx context.Context, _ jetstream.KeyValue) error {
	if err := k.js.DeleteKeyValue(ctx, bus.BucketInvoices); err != nil {
		return err
	}
	_, err := bus.Apply(ctx, k.js, bus.ApplyOptions{})
	return err
}

// older puts a copy in the place of the records that has the epoch at a lower revision.
func (k *kept) older(ctx context.Context, kv jetstream.KeyValue) error {
	was, err := kv.Get(ctx, bus.EpochKey)
	if err != nil {
		return err
	}
	if err := k.wipe(ctx, kv); err != nil {
		return err
	}
	if kv, err = k.js.KeyValue(ctx, bus.BucketInvoices); err != nil {
		return err
	}
	_, err = kv.Create(ctx, bus.EpochKey, was.Value())
	return err
}

func TestAFirstInstallationHasNothingToWaitFor(t *testing.T) {
	keptInFakeTime(t, true, func(k *kept) {
		require.Zero(t, k.young(k.process()))
		require.Zero(t, k.young(k.process()), "whoever comes next")
	})
}

// A bucket of which nobody says that it is the first may have taken the place of another.
func TestANewBucketIsYoung(t *testing.T) {
	keptInFakeTime(t, false, func(k *kept) {
		e, kill := k.alive()
		defer kill()
		require.Equal(t, asLongAs, k.young(e))
		time.Sleep(10 * time.Second) // fake time
		require.InDelta(t, asLongAs-10*time.Second, k.young(k.process()), float64(time.Second), "it is as old for all")
		time.Sleep(18 * time.Second) // fake time
		require.Zero(t, k.young(e))
		require.Zero(t, k.young(k.process()))
	})
}

func TestWhoeverWasThereKnowsThatTheRecordsAreTheSame(t *testing.T) {
	keptInFakeTime(t, true, func(k *kept) {
		e := k.process()
		require.Zero(t, k.young(e))
		time.Sleep(20 * time.Minute) // fake time; NATS was away, or this process was stopped
		require.Zero(t, k.young(e))
	})
}

// A process that has just started cannot tell records that were left alone from a copy
// of that age, and waits; then all do, since it may know better.
func TestNobodyVouchesForRecordsThatWereLeftAlone(t *testing.T) {
	keptInFakeTime(t, true, func(k *kept) {
		old, kill := k.alive()
		require.Zero(t, k.young(old))
		kill()
		time.Sleep(time.Minute) // fake time
		require.Equal(t, asLongAs, k.young(k.process()))
		require.NotZero(t, k.young(old))
	})
}

func TestALossOfTheRecordsIsSeen(t *testing.T) {
	for name, harm := range map[string]func(k *kept) func(context.Context, jetstream.KeyValue) error{
		"bucket made anew": func(k *kept) func(context.Context, jetstream.KeyValue) error { return k.wipe },
		"bucket emptied": func(*kept) func(context.Context, jetstream.KeyValue) error {
			return func(ctx context.Context, kv jetstream.KeyValue) error { return kv.Purge(ctx, bus.EpochKey) }
		},
		"older copy": func(k *kept) func(context.Context, jetstream.KeyValue) error { return k.older },
		"something that is none": func(*kept) func(context.Context, jetstream.KeyValue) error {
			return func(ctx context.Context, kv jetstream.KeyValue) error {
				_, err := kv.PutString(ctx, bus.EpochKey, "rubbish")
				return err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			keptInFakeTime(t, true, func(k *kept) {
				first, kill := k.alive()
				defer kill()
				second, killSecond := k.alive()
				defer killSecond()
				time.Sleep(time.Minute) // fake time
				require.Zero(t, k.young(first))
				k.lose(harm(k))
				require.Equal(t, asLongAs, k.young(second))
				require.InDelta(t, asLongAs, k.young(first), float64(time.Second))
				time.Sleep(asLongAs) // fake time
				require.Zero(t, k.young(first))
				require.Zero(t, k.young(second))
			})
		})
	}
}

// remembering is a process that has just started on a machine which keeps a file.
func (k *kept) remembering(file string) *record.Epochs {
	k.t.Helper()
	e, err := k.process().RememberIn(file)
	require.NoError(k.t, err)
	return e
}

// A restart of the one machine finds the records as they were, however long it took; a
// copy that was put back meanwhile is older than what the file tells.
func TestAMachineThatRemembersTellsARestartFromACopy(t *testing.T) {
	for name, c := range map[string]struct {
		harm  func(k *kept, file string)
		young bool
	}{
		"restart":     {func(*kept, string) {}, false},
		"wiped":       {func(k *kept, _ string) { k.lose(k.wipe) }, true},
		"older copy":  {func(k *kept, _ string) { k.lose(k.older) }, true},
		"file torn":   {func(k *kept, file string) { require.NoError(k.t, os.WriteFile(file, []byte("{"), 0o600)) }, true},
		"file lost":   {func(k *kept, file string) { require.NoError(k.t, os.Remove(file)) }, true},
		"other epoch": {func(k *kept, _ string) { k.young(k.process()) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "below", "deliver.epoch")
			keptInFakeTime(t, true, func(k *kept) {
				kill := k.keep(k.remembering(file))
				time.Sleep(time.Minute) // fake time
				kill()
				time.Sleep(24 * time.Hour) // fake time
				c.harm(k, file)
				heir := k.remembering(file)
				if !c.young {
					require.Zero(k.t, k.young(heir))
					time.Sleep(time.Hour) // fake time
					require.Zero(k.t, k.young(heir))
					return
				}
				require.Equal(k.t, asLongAs, k.young(heir))
			})
		})
	}
}

// Many look while others note that all is well: nobody takes that for a loss.
func TestNotesAreNoLoss(t *testing.T) {
	keptInFakeTime(t, true, func(k *kept) {
		var all []*record.Epochs
		for range 3 {
			e, kill := k.alive()
			defer kill()
			all = append(all, e)
		}
		var group sync.WaitGroup
		for i := range 30 {
			group.Go(func() {
				for range 200 {
					left, err := all[i%3].Young(k.t.Context(), asked)
					require.NoError(t, err)
					require.Zero(t, left)
					time.Sleep(time.Duration(i+1) * 97 * time.Millisecond) // fake time
				}
			})
		}
		group.Wait()
	})
}

// In a cluster an answer may come from a server that is behind, and a conflict is told
// in other words.
func TestReplicasAgreeOnTheEpochInACluster(t *testing.T) {
	k := &kept{t: t, js: cluster(t)}
	all := make([]*record.Epochs, 6)
	for i := range all {
		all[i] = k.process()
	}
	var group sync.WaitGroup
	for _, e := range all {
		group.Go(func() {
			_, err := e.Young(t.Context(), asked)
			require.NoError(t, err)
		})
	}
	group.Wait()
	kv, err := k.js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	was, err := kv.Get(t.Context(), bus.EpochKey)
	require.NoError(t, err)
	epoch, err := bus.DecodeEpoch(was.Value())
	require.NoError(t, err)
	for range 20 {
		for _, e := range all {
			require.NotZero(t, k.young(e))
		}
	}
	is, err := kv.Get(t.Context(), bus.EpochKey)
	require.NoError(t, err)
	require.JSONEq(t, string(was.Value()), string(is.Value()))
	require.False(t, epoch.Since.IsZero())
}
