package quickbooksonline

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A look at what was changed is good for those who come within a part of the settling
// time, and deliver is told that much more.
func TestALookAtTheChangesIsKeptForAWhile(t *testing.T) {
	i := newIntuit(t)
	find := func(q *Online) {
		_, err := q.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
		require.NoError(t, err)
	}
	long := i.connect(func(c *Config) { c.SettlingTime = 10 * time.Minute }, Options{})
	require.Equal(t, 10*time.Minute+100*time.Second, long.Describe().SettlingTime)
	for range 5 {
		find(long)
	}
	require.Len(t, i.heardOf(http.MethodGet, "cdc"), 1)
	short := i.connect(func(c *Config) { c.SettlingTime = keptPart }, Options{}) // nanoseconds
	for range 5 {
		find(short)
	}
	require.Len(t, i.heardOf(http.MethodGet, "cdc"), 6)
}

// Who comes while a look is under way that began just now waits for that one.
func TestALookUnderWayIsShared(t *testing.T) {
	i := newIntuit(t)
	arrived, answer := make(chan struct{}), make(chan struct{})
	var first sync.Once
	i.on = func(h heard, _ http.ResponseWriter) bool {
		if h.resource == "cdc" {
			first.Do(func() { close(arrived) })
			<-answer
		}
		return false
	}
	q := i.connect(func(c *Config) { c.SettlingTime = 10 * time.Minute }, Options{})
	var group sync.WaitGroup
	ask := func() {
		_, err := q.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
		require.NoError(t, err)
	}
	group.Go(ask)
	<-arrived
	for range 3 {
		mine, known := q.books.share()
		require.False(t, known)
		require.Same(t, q.books.now, mine)
		group.Go(ask)
	}
	close(answer)
	group.Wait()
	require.Len(t, i.heardOf(http.MethodGet, "cdc"), 1)
}
