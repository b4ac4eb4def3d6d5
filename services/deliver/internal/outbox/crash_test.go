package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// mortal is a folder whose process dies at its nth change: right before it, or right
// after it, when nobody is told any more. A dead process changes nothing.
type mortal struct {
	Folder
	left  int
	after bool
	dead  bool
}

var errDied = errors.New("the process died")

func (m *mortal) change(do func() error) error {
	if m.dead {
		return errDied
	}
	m.left--
	if m.left > 0 {
		return do()
	}
	m.dead = true
	if m.after {
		return errors.Join(do(), errDied)
	}
	return errDied
}

func (m *mortal) Publish(ctx context.Context, name string, content []byte) error {
	return m.change(func() error { return m.Folder.Publish(ctx, name, content) })
}

func (m *mortal) Stage(ctx context.Context, name string, content []byte) error {
	// Nobody else sees half a file under a name of its own.
	return m.change(func() error {
		if m.left == 0 {
			content = content[:len(content)/2]
		}
		return m.Folder.Stage(ctx, name, content)
	})
}

func (m *mortal) Take(ctx context.Context, from, to string) error {
	return m.change(func() error { return m.Folder.Take(ctx, from, to) })
}

func (m *mortal) Remove(ctx context.Context, name string) error {
	return m.change(func() error { return m.Folder.Remove(ctx, name) })
}

// A process that dies at any step leaves what another one brings to its end: every
// document in one file, and no file in two places, also where a person was quick.
func TestADeathAtAnyStepLeavesEveryDocumentInOneFile(t *testing.T) {
	const docs, batch = 3, 2
	steps := 0
	for _, after := range []bool{false, true} {
		for step := 1; ; step++ {
			dir := t.TempDir()
			opened(t, NewLocal(dir), options(batch))
			m := &mortal{Folder: NewLocal(dir), left: step, after: after}
			worker := New(m, options(batch))
			for id := range docs {
				deliver(t.Context(), worker, posting(id, "10.00"))
			}
			steps++
			survived := !m.dead
			importAll(t, dir)
			heir := opened(t, NewLocal(dir), options(batch))
			for id := range docs {
				a := deliver(t.Context(), heir, posting(id, "10.00"))
				require.NotContains(t, fmt.Sprintf("%T", a), "Uncertain", "step %d: %#v", step, a)
				require.NotContains(t, fmt.Sprintf("%T", a), "Rejected", "step %d: %#v", step, a)
			}
			require.NoError(t, heir.Cut(t.Context(), true), "step %d", step)
			in := appeared(t, dir)
			require.Len(t, in, docs, "step %d after=%v", step, after)
			importAll(t, dir)
			for id := range docs {
				p := posting(id, "10.00")
				found, err := heir.Find(t.Context(), connector.Query{Marker: p.Document.GetMarker()})
				require.NoError(t, err, "step %d", step)
				require.Len(t, found, 1)
				require.Equal(t, "10.00", found[0].Total)
			}
			if survived {
				break
			}
		}
	}
	require.Greater(t, steps, 20, "the steps of three documents and two files")
}

func nameOf(a connector.Answer) string {
	switch a.(type) {
	case connector.Wait:
		return "wait"
	case connector.Handed:
		return "handed"
	case connector.Uncertain:
		return "uncertain"
	}
	return fmt.Sprintf("%T", a)
}

// importAll is the person: what was imported is put away.
func importAll(t testing.TB, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "SALES-*.csv"))
	require.NoError(t, err)
	for _, f := range files {
		require.NoError(t, os.Rename(f, filepath.Join(dir, "imported", filepath.Base(f))))
	}
}

// Replicas share a folder. They deliver the same documents at once, while the person
// imports what appears.
func TestTwoWorkersMakeOneOfEach(t *testing.T) {
	const docs, workers = 40, 4
	dir := t.TempDir()
	opened(t, NewLocal(dir), options(3))
	var wg sync.WaitGroup
	given := make([]int, workers)
	for w := range workers {
		wg.Go(func() {
			b := New(NewLocal(dir), options(3))
			for i := range docs {
				p := posting((i*7+w*11)%docs, "10.00")
				_, made := b.add(context.Background(), p, itemOf(p))
				if made {
					given[w]++
				}
			}
			_ = b.Cut(context.Background(), true)
		})
	}
	wg.Wait()
	total := 0
	for _, n := range given {
		total += n
	}
	require.Equal(t, docs, total, "each was given away once")
	b := opened(t, NewLocal(dir), options(3))
	require.NoError(t, b.Cut(t.Context(), true))
	require.Len(t, appeared(t, dir), docs)
	files, err := b.Files(t.Context())
	require.NoError(t, err)
	listed := 0
	for _, f := range files {
		listed += len(f.Documents)
	}
	require.Equal(t, docs, listed)
	left, err := os.ReadDir(filepath.Join(dir, "ledger", "staged"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left on its way")
}

func TestADamagedLedgerStopsEverything(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"a torn manifest": func(dir string) error { return os.Truncate(filepath.Join(dir, manifestFile(2)), 40) },
		"an empty entry":  func(dir string) error { return os.Truncate(filepath.Join(dir, entryFile("st-acme-1", 1)), 0) },
		"a lost manifest": func(dir string) error { return os.Remove(filepath.Join(dir, manifestFile(2))) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := opened(t, NewLocal(dir), options(1))
			for id := range 3 {
				b.Add(t.Context(), posting(id, "10.00"), itemOf(posting(id, "10.00")))
			}
			require.NoError(t, damage(dir))
			b = opened(t, NewLocal(dir), options(1))
			answer := deliver(t.Context(), b, posting(1, "10.00"))
			if handed, is := answer.(connector.Handed); is {
				// Its manifest is gone: it is known that it was given away, and to no second file.
				require.Equal(t, "st-acme-1.1", handed.Token)
				require.Error(t, b.Cut(t.Context(), true))
			} else {
				require.Equal(t, connector.ReasonBooksBroken, answer.(connector.Wait).Reason)
			}
			require.Len(t, appeared(t, dir), 3)
			if strings.Contains(name, "manifest") {
				require.Equal(t, "file.ledger_broken", b.Check(t.Context())[0].GetCode())
			}
		})
	}
}

// A file that a person moved away, before the worker that made it could see, is not made
// again.
func TestAFileAppearsOnce(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	b.Add(t.Context(), posting(1, "10.00"), itemOf(posting(1, "10.00")))
	files, err := filepath.Glob(filepath.Join(dir, "SALES-*.csv"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.Remove(files[0]))
	again := opened(t, NewLocal(dir), options(1))
	for range 3 {
		require.IsType(t, connector.Handed{}, deliver(t.Context(), again, posting(1, "10.00")))
		require.NoError(t, again.Cut(t.Context(), true))
	}
	require.Empty(t, appeared(t, dir))
}

func TestPublishReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	l := NewLocal(dir)
	require.NoError(t, l.Make(t.Context(), tempDir))
	require.NoError(t, l.Publish(t.Context(), "x", []byte("first")))
	require.ErrorIs(t, l.Publish(t.Context(), "x", []byte("second")), fs.ErrExist)
	raw, err := l.Read(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, "first", string(raw))
	require.NoError(t, l.Stage(t.Context(), "y", []byte("y")))
	require.ErrorIs(t, l.Take(t.Context(), "y", "x"), fs.ErrExist)
	require.ErrorIs(t, l.Take(t.Context(), "z", "w"), fs.ErrNotExist)
	require.NoError(t, l.Take(t.Context(), "y", "w"))
	left, err := l.List(t.Context(), tempDir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Documents wait for each other, but not longer than they may.
func TestDocumentsShareAFile(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	o := options(3)
	o.Wait, o.Now = 15*time.Minute, func() time.Time { return now }
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), o)
	for id := range 2 {
		b.Add(t.Context(), posting(id, "10.00"), itemOf(posting(id, "10.00")))
	}
	require.Empty(t, appeared(t, dir))
	now = now.Add(14 * time.Minute)
	require.NoError(t, b.Cut(t.Context(), false))
	require.Empty(t, appeared(t, dir))
	now = now.Add(time.Minute)
	require.NoError(t, b.Cut(t.Context(), false))
	in := appeared(t, dir)
	require.Len(t, in, 2)
	require.Equal(t, in["st-acme-0"], in["st-acme-1"])
	for id := range 3 {
		b.Add(t.Context(), posting(10+id, "10.00"), itemOf(posting(10+id, "10.00")))
	}
	in = appeared(t, dir)
	require.Len(t, in, 5, "three are enough at once")
	require.Equal(t, in["st-acme-10"], in["st-acme-12"])
	require.NotEqual(t, in["st-acme-0"], in["st-acme-12"])
	customers, err := filepath.Glob(filepath.Join(dir, "CUSTOMER-*.csv"))
	require.NoError(t, err)
	require.Len(t, customers, 1, "a new customer goes out once")
}
