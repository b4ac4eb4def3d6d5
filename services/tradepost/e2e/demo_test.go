package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever presses Ctrl-C twice does not find the demo's files a year later.
func TestADemoThatIsEndedTwiceLeavesNoFiles(t *testing.T) {
	temp := t.TempDir()
	left := func() []string {
		found, err := filepath.Glob(filepath.Join(temp, "tradepost-demo-*"))
		require.NoError(t, err)
		return found
	}
	demo := &proc{t: t, name: "tradepost", args: []string{"demo", "--stay"}, env: []string{"TMPDIR=" + temp}, log: &lockedBuffer{}}
	demo.start()
	t.Cleanup(func() { _ = demo.cmd.Process.Kill() })
	require.Eventually(t, func() bool { return strings.Contains(demo.log.String(), "Ctrl-C ends it") }, time.Minute, 20*time.Millisecond)
	require.Len(t, left(), 1)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for ended := false; !ended; {
		_ = demo.cmd.Process.Signal(os.Interrupt)
		select {
		case <-demo.done:
			ended = true
		case <-again.C:
		}
	}
	require.Empty(t, left())
}
