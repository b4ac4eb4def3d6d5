package hledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// 50 goroutines with connectors of their own, as many processes would have.
func TestOneMarkerFiftyAtOnce(t *testing.T) {
	dir := t.TempDir()
	books(t, dir)
	p := postingOf(t, sample(1))
	answers := make([]connector.Answer, 50)
	ready, wg := make(chan struct{}), sync.WaitGroup{}
	for i := range answers {
		l := books(t, dir, func(c *Config) { c.Check, c.Program = CheckWhenInstalled, "no-such-program" })
		wg.Go(func() {
			<-ready
			answers[i] = l.Create(context.Background(), p)
		})
	}
	close(ready)
	wg.Wait()
	made := 0
	for _, a := range answers {
		posted, ok := a.(connector.Posted)
		require.True(t, ok, "%#v", a)
		require.Equal(t, p.DocumentHash, posted.Document.DocumentHash)
		if !posted.Adopted {
			made++
		}
	}
	require.Equal(t, 1, made, "exactly one made it, the others found it")
	require.Equal(t, 1, countMarkers(t, dir, "st-kit-1"))
	require.Empty(t, tempFiles(t, dir))
}

// A process that dies at any step leaves at most a temporary file, and the next
// attempt ends with exactly one document; what was left is swept later.
func TestDeathAtAnyStep(t *testing.T) {
	for _, died := range []step{stepWrite, stepSync, stepCommit, stepSettle} {
		t.Run(string(died), func(t *testing.T) {
			dir := t.TempDir()
			l := books(t, dir)
			l.reached = func(s step) error {
				if s == died {
					return errDied
				}
				return nil
			}
			p := postingOf(t, sample(1))
			l.Create(t.Context(), p)
			left := tempFiles(t, dir)
			require.LessOrEqual(t, len(left), 1)

			next := books(t, dir)
			found := mustFind(t, next, "st-kit-1")
			require.Equal(t, died == stepSettle, len(found) == 1, "a document is there only after the link")
			posted, ok := next.Create(t.Context(), p).(connector.Posted)
			require.True(t, ok)
			require.Equal(t, died == stepSettle, posted.Adopted)
			require.Equal(t, 1, countMarkers(t, dir, "st-kit-1"))
			require.Equal(t, left, tempFiles(t, dir), "young files may belong to somebody")

			old := time.Now().Add(-2 * sweepAge)
			for _, f := range left {
				require.NoError(t, os.Chtimes(f, old, old))
			}
			foreign := filepath.Join(dir, tempDir, "mine.journal")
			writeFile(t, "", foreign)
			require.NoError(t, os.Chtimes(foreign, old, old))
			mustPost(t, books(t, dir), sample(2))
			require.Equal(t, []string{foreign}, tempFiles(t, dir), "swept, and only what is ours")
		})
	}
}

func TestTroubleWithTheDisk(t *testing.T) {
	tests := map[string]struct {
		at     step
		err    error
		reason string // of Wait; "" wants Uncertain
	}{
		"full while writing":      {stepWrite, syscall.ENOSPC, connector.ReasonDiskFull},
		"quota while flushing":    {stepSync, syscall.EDQUOT, connector.ReasonDiskFull},
		"broken while flushing":   {stepSync, syscall.EIO, connector.ReasonDiskError},
		"read-only before link":   {stepCommit, syscall.EROFS, connector.ReasonReadOnly},
		"not allowed before link": {stepCommit, syscall.EACCES, connector.ReasonNoPermission},
		"broken after the link":   {stepSettle, syscall.EIO, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := books(t, dir)
			trouble := true
			l.reached = func(s step) error {
				if trouble && s == tt.at {
					return fmt.Errorf("pretend: %w", tt.err)
				}
				return nil
			}
			p := postingOf(t, sample(1))
			answer := l.Create(t.Context(), p)
			if tt.reason == "" {
				require.IsType(t, connector.Uncertain{}, answer)
			} else {
				require.IsType(t, connector.Wait{}, answer)
				require.Equal(t, tt.reason, answer.(connector.Wait).Reason)
				require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, answer.(connector.Wait).Scope)
				require.Equal(t, 0, countMarkers(t, dir, "st-kit-1"))
			}
			require.Empty(t, tempFiles(t, dir))
			trouble = false
			require.IsType(t, connector.Posted{}, l.Create(t.Context(), p))
			require.Equal(t, 1, countMarkers(t, dir, "st-kit-1"))
		})
	}
}

// The claim is checked after everything that takes time, right before the link.
func TestFenceIsTheLastCheck(t *testing.T) {
	dir := t.TempDir()
	l := books(t, dir)
	expired := false
	l.reached = func(s step) error {
		expired = expired || s == stepCommit
		return nil
	}
	ctx := connector.WithFence(t.Context(), func() error {
		if expired {
			return fmt.Errorf("claim of worker 1: %w", connector.ErrFenced)
		}
		return nil
	})
	wait, ok := l.Create(ctx, postingOf(t, sample(1))).(connector.Wait)
	require.True(t, ok)
	require.Equal(t, connector.ReasonFenced, wait.Reason)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, wait.Scope)
	require.Equal(t, 0, countMarkers(t, dir, "st-kit-1"))
}

// An unmounted volume must never look like books without documents.
func TestBooksThatAreNotThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "books")
	l := books(t, dir)
	p := postingOf(t, sample(1))
	mustPost(t, l, p.Document)
	away := dir + "-away"
	waits := func(l *Ledger) {
		t.Helper()
		_, err := l.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
		answer, ok := connector.AnswerOf(err)
		require.True(t, ok, "%v", err)
		require.Equal(t, connector.ReasonBooksMissing, answer.(connector.Wait).Reason)
		require.Equal(t, connector.ReasonBooksMissing, l.Create(t.Context(), p).(connector.Wait).Reason)
		require.Equal(t, connector.ReasonBooksMissing, l.Update(t.Context(), p, connector.Found{}).(connector.Wait).Reason)
	}
	require.NoError(t, os.Rename(dir, away))
	waits(l)
	require.NoError(t, os.Mkdir(dir, 0o755))
	waits(l) // the empty mount point
	other := books(t, dir)
	waits(l) // other books in its place
	first, err := books(t, away).Company(t.Context())
	require.NoError(t, err)
	second, err := other.Company(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, first.ID, second.ID)
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.Rename(away, dir))
	require.Len(t, mustFind(t, l, "st-kit-1"), 1)
}

func TestCompanyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	ids := make([]string, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			l, err := New(Config{JournalDir: dir}, connector.Settings{})
			company, err2 := l.Company(context.Background())
			if errors.Join(err, err2) == nil {
				ids[i] = company.ID
			}
		})
	}
	wg.Wait()
	require.NotEmpty(t, ids[0])
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	writeFile(t, "; mine\n", dir, "chart.journal")
	books(t, dir)
	require.Equal(t, "; mine\n", readFile(t, dir, "chart.journal"), "what exists is never changed")
}

// The whole book stays strict, and the totals tie out, as hledger counts them.
func TestFiveHundredDocuments(t *testing.T) {
	needProgram(t)
	dir := t.TempDir()
	l := books(t, dir)
	work, wg := make(chan int64), sync.WaitGroup{}
	failed := make(chan connector.Answer, 500)
	for range 4 {
		wg.Go(func() {
			for id := range work {
				d := sample(id)
				d.Customer.Reference.Value = fmt.Sprintf("C%03d", id%60)
				d.Customer.Name = fmt.Sprintf("Customer %d", id%60)
				if a, ok := l.Create(context.Background(), postingOf(t, d)).(connector.Posted); !ok {
					failed <- a
				}
			}
		})
	}
	for id := range int64(500) {
		work <- id + 1
	}
	close(work)
	wg.Wait()
	require.Empty(t, failed)
	strict(t, dir)
	tie, err := TieOut(t.Context(), dir, "")
	require.NoError(t, err)
	require.Equal(t, 500, tie.Count)
	require.Len(t, tie.Documents, 500)
	require.Equal(t, "137500", tie.Total.String())
	require.Empty(t, l.Check(t.Context()))
}
