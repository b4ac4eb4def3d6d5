package connection_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

// Whatever file a configuration names, a device or a pipe in its place is refused, and
// never read: reading one may not end.
func TestLoadReadsNothingThatIsNoFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{"/dev/zero", pipe} {
		for _, config := range []string{
			strings.Replace(small, "mapping.yaml", path, 1),
			strings.Replace(small, "password: p", "password: {file: "+path+"}", 1),
			"secrets: {key_file: " + path + "}\n" + small,
		} {
			_, err := connection.Load(write(t, config), nil)
			require.ErrorContains(t, err, path+": it is no regular file", config)
		}
		_, err := connection.Load(path, nil)
		require.ErrorContains(t, err, path+": it is no regular file")
	}
	file := write(t, small)
	require.NoError(t, os.Truncate(filepath.Join(filepath.Dir(file), "mapping.yaml"), 1<<30))
	_, err := connection.Load(file, nil)
	require.ErrorContains(t, err, "mapping.yaml: it is too large: at most 8388608 bytes are read")
}

func TestLoadNamesTheEncoding(t *testing.T) {
	for text, want := range map[string]string{
		"\xff\xfe" + small:    "tradepost.yaml:1:1: is UTF-16 text",
		small + "# caf\xe9\n": "tradepost.yaml:13:6: is not UTF-8 text: the byte 0xE9 here",
	} {
		_, err := connection.Load(write(t, text), nil)
		require.ErrorContains(t, err, want)
	}
	_, err := connection.Load(write(t, "\ufeff"+small), nil)
	require.NoError(t, err)
}
