package textfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/textfile"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.txt")
	require.NoError(t, os.WriteFile(file, []byte("12345"), 0o600))
	data, err := textfile.Read(file, 5)
	require.NoError(t, err)
	require.Equal(t, "12345", string(data))
	require.NoError(t, os.Symlink(file, filepath.Join(dir, "link")))
	data, err = textfile.Read(filepath.Join(dir, "link"), 5)
	require.NoError(t, err, "Kubernetes links the files of a secret")
	require.Len(t, data, 5)

	_, err = textfile.Read(file, 4)
	require.ErrorIs(t, err, textfile.ErrTooLarge)
	require.ErrorContains(t, err, "a.txt: it is too large: at most 4 bytes are read")
	_, err = textfile.Read(filepath.Join(dir, "none"), 4)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A device never ends, and a pipe that nobody writes to never begins.
func TestReadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{"/dev/zero", dir, pipe} {
		_, err := textfile.Read(path, 10)
		require.ErrorIs(t, err, textfile.ErrNoFile, path)
	}
}

func TestUTF8(t *testing.T) {
	for name, c := range map[string]struct {
		data         string
		line, column int
		what         string
	}{
		"Latin-1":            {"a: 1\nbä: caf\xe9\n", 2, 8, "byte 0xE9"},
		"UTF-16":             {"\xff\xfea\x00", 1, 1, "is UTF-16"},
		"UTF-16 of a Mac":    {"\xfe\xff\x00a", 1, 1, "is UTF-16"},
		"UTF-16, no mark":    {"a\x00b\x00", 1, 2, "a NUL"},
		"a NUL":              {"a,b\n1,\x002\n", 2, 3, "a NUL"},
		"NUL, then Latin-1":  {"\x00\xe9", 1, 1, "a NUL"},
		"half of a letter":   {"ok \xc3", 1, 4, "byte 0xC3"},
		"mark, then Latin-1": {"\ufeffx\xe9", 1, 2, "byte 0xE9"},
	} {
		_, wrong := textfile.UTF8([]byte(c.data))
		require.NotNil(t, wrong, name)
		require.Equal(t, [2]int{c.line, c.column}, [2]int{wrong.Line, wrong.Column}, name)
		require.Contains(t, wrong.What, c.what, name)
		require.Contains(t, wrong.Fix, "save the file as UTF-8", name)
	}
	for _, good := range []string{"", "a: ü\n", "\ufeffa: 1\n", "U+FFFD \ufffd as written"} {
		text, wrong := textfile.UTF8([]byte(good))
		require.Nil(t, wrong)
		require.Equal(t, strings.TrimPrefix(good, "\ufeff"), string(text))
	}
}

func FuzzUTF8(f *testing.F) {
	f.Add([]byte("a\xe9"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, wrong := textfile.UTF8(data)
		if wrong != nil {
			require.Positive(t, wrong.Line)
			require.Positive(t, wrong.Column)
			return
		}
		require.True(t, utf8.Valid(text))
		require.False(t, bytes.Contains(text, []byte{0}))
	})
}
