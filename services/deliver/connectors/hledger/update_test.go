package hledger

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Of many updates of one version, one wins; the others see that it is stale.
func TestUpdatesOfOneVersion(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir)
	found := mustPost(t, l, sample(1)).Document
	answers := make([]connector.Answer, 12)
	var wg sync.WaitGroup
	for i := range answers {
		d := sample(1)
		d.PoNumber = fmt.Sprint("PO ", i)
		p := postingOf(t, d)
		wg.Go(func() { answers[i] = l.Update(context.Background(), p, found) })
	}
	wg.Wait()
	won := 0
	for _, a := range answers {
		if posted, ok := a.(connector.Posted); ok {
			won++
			require.Equal(t, []connector.Found{posted.Document}, mustFind(t, l, "st-kit-1"))
		} else {
			require.Equal(t, []string{"document.changed_in_books"}, codesOf(a.(connector.Rejected).Faults))
		}
	}
	require.Equal(t, 1, won)
	require.Equal(t, 1, countMarkers(t, dir, "st-kit-1"))
	require.Empty(t, tempFiles(t, dir))
}

// A hand's edit in the last moment, after every check but the last, is kept.
func TestUpdateLooksAtTheVersionLast(t *testing.T) {
	l := books(t, t.TempDir())
	found := mustPost(t, l, sample(1)).Document
	next := sample(1)
	next.PoNumber = "PO 78"
	l.reached = func(s step) error {
		if s == stepCommit {
			writeFile(t, readFile(t, l.file("st-kit-1"))+"; edited\n", l.file("st-kit-1"))
		}
		return nil
	}
	require.IsType(t, connector.Rejected{}, l.Update(t.Context(), postingOf(t, next), found))
	require.Contains(t, readFile(t, l.file("st-kit-1")), "; edited")
	l.reached = func(s step) error {
		if s == stepCommit {
			require.NoError(t, os.Remove(l.file("st-kit-1")))
		}
		return nil
	}
	wait, ok := l.Update(t.Context(), postingOf(t, next), mustFind(t, l, "st-kit-1")[0]).(connector.Wait)
	require.True(t, ok)
	require.Equal(t, connector.ReasonChanged, wait.Reason)
	require.NoFileExists(t, l.file("st-kit-1"))
}
