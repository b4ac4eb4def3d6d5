package lookout_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/lookout"
)

// folder is what a connector shows of its files.
type folder struct {
	connector.FileLedger
	sync.Mutex
	word    string
	err     error
	waiting []connector.HandedFile
	looks   int
}

func (f *folder) Evidence(context.Context) (string, error) {
	f.Lock()
	defer f.Unlock()
	f.looks++
	return f.word, f.err
}
func (f *folder) LookEvery() time.Duration { return 15 * time.Second }
func (f *folder) WaitingFiles(context.Context) ([]connector.HandedFile, error) {
	f.Lock()
	defer f.Unlock()
	return f.waiting, nil
}

// watched runs a lookout in fake time.
type watched struct {
	*folder
	registry *prometheus.Registry
	board    *lookout.Board
	paused   bool
	confirms int
	confirm  error
	trouble  []error
}

func watching(t *testing.T, test func(w *watched)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &watched{folder: &folder{word: "first"}, registry: prometheus.NewRegistry()}
		w.board = lookout.NewBoard(w.registry)
		l := &lookout.Lookout{
			Connection: "acme-sage", Files: w.folder, Board: w.board, Log: slog.New(slog.DiscardHandler),
			Paused: func() bool {
				w.Lock()
				defer w.Unlock()
				return w.paused
			},
			Trouble: func(err error) {
				w.Lock()
				defer w.Unlock()
				w.trouble = append(w.trouble, err)
			},
			Confirm: func(context.Context) error {
				w.Lock()
				defer w.Unlock()
				w.confirms++
				return w.confirm
			},
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			l.Run(ctx)
			close(ended)
		}()
		synctest.Wait()
		w.Lock() // but while time passes
		test(w)
		w.Unlock()
		stop()
		<-ended
		n, err := testutil.GatherAndCount(w.registry)
		require.NoError(t, err)
		require.Zero(t, n, "a connection that is gone is not shown")
	})
}

// pass lets time pass. A test holds the lock but for that.
func (w *watched) pass(d time.Duration) {
	w.Unlock()
	defer w.Lock()
	time.Sleep(d) // fake time
	synctest.Wait()
}

func TestDocumentsAreAskedForWhenSomethingHappened(t *testing.T) {
	watching(t, func(w *watched) {
		require.Equal(t, 1, w.confirms, "what happened while nobody looked")
		w.pass(time.Hour)
		require.Equal(t, 1, w.confirms, "nothing happened")
		w.word, w.confirm = "second", errors.New("the server is away")
		w.pass(15 * time.Second)
		require.Equal(t, 2, w.confirms)
		w.confirm = nil
		w.pass(15 * time.Second)
		require.Equal(t, 3, w.confirms, "what could not be asked for is asked for again")
		w.pass(time.Hour)
		require.Equal(t, 3, w.confirms)
		w.paused, w.word = true, "third"
		looks := w.looks
		w.pass(time.Hour)
		require.Equal(t, looks, w.looks, "a paused connection is left in peace")
		w.paused = false
		w.pass(15 * time.Second)
		require.Equal(t, 4, w.confirms)
	})
}

// A record that cannot be asked for is asked for at every look, and the files are counted
// all the same.
func TestFilesAreCountedThoughNotAllCanBeAskedFor(t *testing.T) {
	watching(t, func(w *watched) {
		w.word, w.confirm = "second", errors.New("one record is damaged")
		w.waiting = []connector.HandedFile{{Name: "SALES-1.csv", Overdue: true}}
		w.pass(6 * time.Minute)
		require.Greater(t, w.confirms, 20)
		require.ErrorContains(t, w.board.Notice(), "SALES-1.csv")
	})
}

func TestTroubleOfTheFolderIsToldOnce(t *testing.T) {
	watching(t, func(w *watched) {
		w.err = errors.New("the ledger is damaged")
		w.pass(time.Hour)
		require.Equal(t, []error{w.err}, w.trouble)
		w.err = nil
		w.pass(time.Minute)
		require.Len(t, w.trouble, 2)
		require.NoError(t, w.trouble[1])
	})
}

func TestFilesThatWaitAreShown(t *testing.T) {
	watching(t, func(w *watched) {
		require.NoError(t, w.board.Notice())
		made := time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC)
		w.waiting = []connector.HandedFile{{Name: "SALES-1.csv", Made: made, Overdue: true}, {Name: "SALES-2.csv", Made: made, Missing: true}, {Name: "SALES-3.csv"}}
		w.pass(6 * time.Minute) // though nothing happened in the folder
		for name, want := range map[string]float64{"waiting": 3, "overdue": 1, "missing": 1} {
			families, err := w.registry.Gather()
			require.NoError(t, err)
			have := -1.0
			for _, f := range families {
				if f.GetName() == "tradepost_import_files_"+name {
					have = f.GetMetric()[0].GetGauge().GetValue()
				}
			}
			require.InDelta(t, want, have, 0, name)
		}
		told := w.board.Notice().Error()
		require.Contains(t, told, "SALES-1.csv waits since 2026-11-19")
		require.Contains(t, told, "SALES-2.csv is not in the folder")
		require.Contains(t, told, "tradepost confirm acme-sage")
		require.NotContains(t, told, "SALES-3")
	})
}
