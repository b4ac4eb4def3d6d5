package world

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func process(t *testing.T, script string) *Proc {
	t.Helper()
	p := &Proc{Name: "test", path: "/bin/sh", args: []string{"-c", script}, log: filepath.Join(t.TempDir(), "log")}
	t.Cleanup(p.Kill)
	return p
}

func (p *Proc) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

func TestAProcessThatEndsByItselfIsStartedAgain(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "once")
	p := process(t, "test -e "+marker+" && exec sleep 60; touch "+marker+"; exit 1")
	require.NoError(t, p.Start())
	first := p.pid()
	require.Eventually(t, func() bool { return p.pid() != first }, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, 1, p.EndedByItself())
}

func TestAKilledProcessStaysDeadUntilItIsStarted(t *testing.T) {
	p := process(t, "exec sleep 60")
	require.NoError(t, p.Start())
	p.Kill()
	require.Zero(t, p.EndedByItself())
	require.NoError(t, p.Start())
	require.DirExists(t, filepath.Join("/proc", strconv.Itoa(p.pid())))
}

func TestAPausedProcessStandsStill(t *testing.T) {
	p := process(t, "exec sleep 60")
	require.NoError(t, p.Start())
	stopped := func() bool {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid()), "stat"))
		return err == nil && stateOf(string(text)) == 'T'
	}
	resume := p.Pause()
	require.Eventually(t, stopped, 30*time.Second, 10*time.Millisecond)
	resume()
	require.Eventually(t, func() bool { return !stopped() }, 30*time.Second, 10*time.Millisecond)
	resume = p.Pause()
	p.Kill()
	require.NoError(t, p.Start())
	resume()
	require.False(t, stopped(), "the next one was never stopped")
}

func TestALineIsCutAndMended(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	l, err := newLine(newProxies(), "test", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(l.close)
	url := "http://" + l.Addresses()[0]
	require.True(t, isOK(t.Context(), url))
	l.Cut()
	_, err = net.Dial("tcp", l.Addresses()[0])
	require.Error(t, err)
	require.NoError(t, l.Restore())
	require.NoError(t, l.Restore(), "a second time does no harm")
	require.True(t, isOK(t.Context(), url))
	require.NoError(t, l.Swallow())
	require.False(t, isOK(t.Context(), url))
	require.NoError(t, l.Restore())
	require.Eventually(t, func() bool { return isOK(t.Context(), url) }, 30*time.Second, 10*time.Millisecond)
}

// stateOf reads the third field of /proc/<pid>/stat, behind the name in parentheses.
func stateOf(stat string) byte {
	for i := len(stat) - 1; i > 0; i-- {
		if stat[i] == ')' && i+2 < len(stat) {
			return stat[i+2]
		}
	}
	return 0
}
