package snapshot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var errAway = errors.New("away")

var _ interface {
	Reader
	jobReader
} = (*servicetrade.Client)(nil)

func sample() *invoice {
	lib := func(id int64) *tradepostv1.ServiceTradeLibItem {
		return &tradepostv1.ServiceTradeLibItem{Id: id, Name: "stub", Code: "stub"}
	}
	return &invoice{
		Id: 2687264638045999, InvoiceNumber: "42", Status: "pending_accounting", TotalPrice: "10", Notes: "thanks",
		Customer: &tradepostv1.NamedRef{Id: 9001, Name: "Acme"}, Location: &tradepostv1.NamedRef{Id: 820}, Job: &tradepostv1.NamedRef{Id: 5},
		Items: []*item{{Id: 1, LibItem: lib(123)}, {Id: 2, LibItem: lib(123)}, {Id: 3, LibItem: lib(124)}, {Id: 4}},
	}
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func TestTakeRelatesAndCaches(t *testing.T) {
	from, clk := newShelf(), newClock()
	taker := NewTaker(from, time.Minute, clk.now)
	inv := sample()
	for range 3 {
		snap, err := taker.Take(t.Context(), inv)
		require.NoError(t, err)
		require.Equal(t, "X", snap.GetCustomer().GetExternalIds()["accounting"])
		require.EqualValues(t, 820, snap.GetLocation().GetId())
		require.Equal(t, "J", snap.GetJob().GetNumber())
		require.Equal(t, clk.at, snap.GetTakenAt().AsTime())
		require.Nil(t, snap.GetOversize())
		lib := snap.GetInvoice().GetItems()[1].GetLibItem()
		require.Equal(t, []string{"stub", "C123", "I"}, []string{lib.GetName(), lib.GetCode(), lib.GetExternalIds()["accounting"]})
		snap.Customer.ExternalIds["accounting"] = "spoilt by the caller"
		lib.ExternalIds["accounting"] = "spoilt by the caller"
	}
	require.True(t, proto.Equal(sample(), inv), "the caller's invoice is left alone")
	want := map[string]int{"company 9001": 1, "location 820": 1, "job 5": 1, "libitem 123": 1, "libitem 124": 1}
	require.Equal(t, want, from.reads)

	clk.at = clk.at.Add(59 * time.Second)
	take(t, taker)
	require.Equal(t, 1, from.reads["company 9001"])
	clk.at = clk.at.Add(time.Second)
	take(t, taker)
	require.Equal(t, 2, from.reads["company 9001"])
	taker.Forget()
	take(t, taker)
	require.Equal(t, 3, from.reads["company 9001"])
}

func take(t *testing.T, taker *Taker) *tradepostv1.Snapshot {
	t.Helper()
	snap, err := taker.Take(t.Context(), sample())
	require.NoError(t, err)
	return snap
}

func TestHashIsTheSameBeforeAndAfter(t *testing.T) {
	snap := take(t, NewTaker(newShelf(), 0, nil))
	require.Equal(t, mustHash(t, sample()), mustHash(t, snap.GetInvoice()))
}

func TestWithoutAnAgeNothingIsBelievedTwice(t *testing.T) {
	from := newShelf()
	taker := NewTaker(from, 0, newClock().now)
	take(t, taker)
	take(t, taker)
	require.Equal(t, 2, from.reads["company 9001"])
}

func TestGoneRecordsAreLeftOut(t *testing.T) {
	from := newShelf()
	for _, what := range []string{"company 9001", "location 820", "job 5", "libitem 123"} {
		from.fail[what] = fmt.Errorf("read: %w", gone())
	}
	snap := take(t, NewTaker(from, time.Minute, newClock().now))
	require.Nil(t, snap.Customer)
	require.Nil(t, snap.Location)
	require.Nil(t, snap.Job)
	require.Equal(t, "stub", snap.GetInvoice().GetItems()[0].GetLibItem().GetCode())
	require.Equal(t, "C124", snap.GetInvoice().GetItems()[2].GetLibItem().GetCode())
}

func TestOtherErrorsFailTheTake(t *testing.T) {
	for _, what := range []string{"company 9001", "location 820", "job 5", "libitem 124"} {
		for _, cause := range []error{errAway, &servicetrade.Error{Status: http.StatusNotFound}} {
			from := newShelf()
			from.fail[what] = cause
			_, err := NewTaker(from, time.Minute, newClock().now).Take(t.Context(), sample())
			require.ErrorIs(t, err, cause, what)
			require.ErrorContains(t, err, "invoice 2687264638045999")
		}
	}
}

func TestLocationOfTheJob(t *testing.T) {
	inv := sample()
	inv.Location = nil
	from := newShelf()
	snap, err := NewTaker(fullShelf{from}, time.Minute, newClock().now).Take(t.Context(), inv)
	require.NoError(t, err)
	require.EqualValues(t, 821, snap.GetLocation().GetId())

	snap, err = NewTaker(from, time.Minute, newClock().now).Take(t.Context(), inv)
	require.NoError(t, err)
	require.Nil(t, snap.Location, "a reader that cannot tell")
}

func TestInvoiceThatNamesNothing(t *testing.T) {
	from := newShelf()
	snap, err := NewTaker(from, time.Minute, newClock().now).Take(t.Context(), &invoice{Id: 1})
	require.NoError(t, err)
	require.Nil(t, snap.Customer)
	require.Empty(t, from.reads)
}

func TestConcurrentTakesReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := newShelf()
		release := make(chan struct{})
		from.block = func(context.Context, string) error { <-release; return nil }
		taker := NewTaker(from, time.Minute, nil)
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { take(t, taker) })
		}
		synctest.Wait()
		close(release)
		group.Wait()
		for what, n := range from.reads {
			require.Equal(t, 1, n, what)
		}
	})
}

func TestOneWhoLeavesDoesNotFailTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := newShelf()
		from.block = func(ctx context.Context, what string) error {
			if what == "company 9001" && from.count(what) == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		taker := NewTaker(from, time.Minute, nil)
		leaving, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, err := taker.Take(leaving, sample())
			require.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		group.Go(func() { take(t, taker) })
		synctest.Wait()
		leave()
		group.Wait()
		require.Equal(t, 2, from.reads["company 9001"])
	})
}

func TestOwnTimeoutEndsTheTake(t *testing.T) {
	from := newShelf()
	from.fail["company 9001"] = context.DeadlineExceeded // the HTTP client's own
	_, err := NewTaker(from, time.Minute, nil).Take(t.Context(), sample())
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestCacheIsBounded(t *testing.T) {
	from := newShelf()
	taker := NewTaker(from, time.Hour, newClock().now)
	for id := range int64(cacheSize + 100) {
		_, err := taker.companies.get(t.Context(), id+1)
		require.NoError(t, err)
	}
	require.Equal(t, cacheSize, taker.companies.known.Len())
}
