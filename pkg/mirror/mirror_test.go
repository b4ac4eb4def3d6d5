package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/mirror"
)

// books is an accounting system with a log of its changes.
type books struct {
	mu      sync.Mutex
	records map[string]string
	log     []mirror.Change[string]
	// forgotten is how much of the log is not known any more.
	forgotten    int
	alls, asks   int
	takes        time.Duration
	fails        error
	whileReading func()
}

func newBooks() *books { return &books{records: map[string]string{}} }

func (b *books) write(id, record string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records[id] = record
	b.log = append(b.log, mirror.Change[string]{ID: id, Record: record})
}

func (b *books) remove(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.records, id)
	b.log = append(b.log, mirror.Change[string]{ID: id, Gone: true})
}

func (b *books) All(ctx context.Context, each func(string, string)) (string, error) {
	b.mu.Lock()
	b.alls++
	cursor, records, fails := strconv.Itoa(len(b.log)), maps.Clone(b.records), b.fails
	b.mu.Unlock()
	return cursor, b.tell(ctx, fails, func() {
		for id, r := range records {
			each(id, r)
		}
	})
}

func (b *books) ChangedSince(ctx context.Context, cursor string, each func(mirror.Change[string])) (string, error) {
	from, err := strconv.Atoi(cursor)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.asks++
	log, fails := append([]mirror.Change[string](nil), b.log...), b.fails
	b.mu.Unlock()
	if from < b.forgotten {
		return "", fmt.Errorf("cursor %s: %w", cursor, mirror.ErrForgotten)
	}
	return strconv.Itoa(len(log)), b.tell(ctx, fails, func() {
		for _, c := range log[from:] {
			each(c)
		}
	})
}

// tell takes its time after it looked, so that what it tells can be old.
func (b *books) tell(ctx context.Context, fails error, each func()) error {
	select {
	case <-time.After(b.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	if b.whileReading != nil {
		b.whileReading()
	}
	each()
	return fails
}

func first(record string) []string { return []string{record[:1]} }

func TestReadOnceAndKeptCurrentByWhatChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks()
		b.takes = time.Second
		b.write("1", "adams")
		b.write("2", "baker")
		m := mirror.New(mirror.Options[string]{Source: b, MaxAge: time.Minute, Again: time.Hour, Names: first})
		defer m.Close()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				v, found, err := m.Get(t.Context(), "1")
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, "adams", v)
			})
		}
		group.Wait()
		require.Equal(t, 1, b.alls, "one read for all who ask")
		b.write("3", "abel")
		b.remove("2")
		named, err := m.Named(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, []string{"adams"}, named, "a minute old at the most")
		<-time.After(time.Minute)
		named, err = m.Named(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, []string{"adams", "abel"}, named)
		_, found, err := m.Get(t.Context(), "2")
		require.NoError(t, err)
		require.False(t, found)
		require.Equal(t, []int{1, 1}, []int{b.alls, b.asks})

		b.write("1", "clark")
		require.NoError(t, m.Refresh(t.Context()))
		named, err = m.Named(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, []string{"abel"}, named)
		<-time.After(time.Hour)
		require.NoError(t, m.Refresh(t.Context()))
		require.Equal(t, 2, b.alls, "once an hour")
		b.forgotten = len(b.log) + 1
		require.NoError(t, m.Refresh(t.Context()))
		require.Equal(t, 3, b.alls, "what changed is not known any more")
	})
}

func TestTroubleIsToldAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks()
		b.write("1", "adams")
		m := mirror.New(mirror.Options[string]{Source: b, MaxAge: time.Minute})
		require.True(t, m.AsOf().IsZero())
		_, _, err := m.Get(t.Context(), "1")
		require.NoError(t, err)
		read := m.AsOf()
		b.fails = errors.New("away")
		b.write("2", "baker")
		<-time.After(2 * time.Minute)
		_, _, err = m.Get(t.Context(), "1")
		require.EqualError(t, err, "away", "never older than a minute")
		require.Equal(t, read, m.AsOf())
		b.fails = nil
		v, _, err := m.Get(t.Context(), "2")
		require.NoError(t, err)
		require.Equal(t, "baker", v)

		<-time.After(time.Second)
		b.takes = time.Hour
		var group sync.WaitGroup
		group.Go(func() { require.ErrorIs(t, m.Refresh(t.Context()), context.Canceled) })
		synctest.Wait()
		m.Close()
		group.Wait()
		require.ErrorIs(t, m.Refresh(t.Context()), context.Canceled)
	})
}

// What the caller made while an older state was read is not lost to it.
func TestWhatWasNotedMeanwhileStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks()
		m := mirror.New(mirror.Options[string]{Source: b, MaxAge: time.Minute, Again: time.Second})
		defer m.Close()
		b.write("1", "adams")
		require.NoError(t, m.Refresh(t.Context()))
		<-time.After(2 * time.Second)
		b.whileReading = func() {
			b.write("2", "baker")
			m.Note(mirror.Change[string]{ID: "2", Record: "baker"})
		}
		require.NoError(t, m.Refresh(t.Context()))
		b.whileReading = nil
		v, found, err := m.Get(t.Context(), "2")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, "baker", v)
		asked := b.alls + b.asks
		m.Note(mirror.Change[string]{ID: "1", Gone: true})
		_, found, err = m.Get(t.Context(), "1")
		require.NoError(t, err)
		require.False(t, found)
		require.Equal(t, asked, b.alls+b.asks)
	})
}

// Whatever is written when: after a refresh the copy is what the books hold.
func TestTheCopyIsWhatTheBooksHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBooks()
		m := mirror.New(mirror.Options[string]{Source: b, Names: first})
		defer m.Close()
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			id := strconv.Itoa(rapid.IntRange(1, 6).Draw(rt, "id"))
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0:
				b.remove(id)
			case 1:
				b.forgotten = len(b.log)
			case 2:
				require.NoError(rt, m.Refresh(context.Background()))
			default:
				b.write(id, rapid.StringMatching(`[abc][0-9]`).Draw(rt, "record"))
			}
		}
		require.NoError(rt, m.Refresh(context.Background()))
		got, named := map[string]string{}, 0
		require.NoError(rt, m.Each(context.Background(), func(id, r string) { got[id] = r }))
		require.Equal(rt, b.records, got)
		for _, name := range []string{"a", "b", "c"} {
			records, err := m.Named(context.Background(), name)
			require.NoError(rt, err)
			for _, r := range records {
				require.Equal(rt, name, r[:1])
			}
			named += len(records)
		}
		require.Len(rt, b.records, named)
	})
}
