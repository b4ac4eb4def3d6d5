package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// sick is a folder on which nothing works.
type sick struct {
	Folder
	err error
}

func (s *sick) Read(context.Context, string) ([]byte, error) { return nil, s.err }
func (s *sick) Writable(context.Context) error               { return s.err }

func TestEveryTroubleOfTheFolderHasAWord(t *testing.T) {
	for _, c := range []struct {
		err          error
		fault, waits string
	}{
		{fmt.Errorf("%w: connection refused", ErrUnreachable), "accounting.unreachable", connector.ReasonUnreachable},
		{fmt.Errorf("%w: another host key", ErrSignIn), "connection.signed_out", connector.ReasonSignedOut},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, "books.not_writable", connector.ReasonNoPermission},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, "books.missing", connector.ReasonBooksMissing},
		{syscall.ENOSPC, "books.not_writable", connector.ReasonDiskFull},
		{syscall.EROFS, "books.not_writable", connector.ReasonReadOnly},
		{errors.New("input/output error"), "books.not_writable", connector.ReasonDiskError},
	} {
		o := options(1)
		o.Company = "known"
		b := New(&sick{NewLocal(t.TempDir()), c.err}, o)
		require.Equal(t, c.fault, b.Check(t.Context())[0].GetCode(), "%v", c.err)
		_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
		a, _ := connector.AnswerOf(err)
		require.Equal(t, c.waits, a.(connector.Wait).Reason)
		require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, a.(connector.Wait).Scope)
		require.IsType(t, connector.Wait{}, b.Add(t.Context(), posting(1, "10.00"), itemOf(posting(1, "10.00"))))
	}
}

func TestAFolderNobodyMayWriteTo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	require.Empty(t, New(NewLocal(dir), options(1)).Check(t.Context()), "it may be made")
	require.Equal(t, "books.missing", New(NewLocal(filepath.Join(dir, "deeper")), options(1)).Check(t.Context())[0].GetCode())
	used := options(1)
	used.Company = "known"
	require.Equal(t, "books.missing", New(NewLocal(dir), used).Check(t.Context())[0].GetCode())
	require.NoError(t, os.Mkdir(dir, 0o555))
	require.Equal(t, "books.not_writable", New(NewLocal(dir), options(1)).Check(t.Context())[0].GetCode())
	require.NoError(t, os.Chmod(dir, 0o755))
	require.Empty(t, New(NewLocal(dir), options(1)).Check(t.Context()))
}
