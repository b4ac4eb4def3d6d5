package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stages are the four services, each a binary of its own.
var stages = []string{"ingest", "transform", "deliver", "reconcile"}

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tradepost-e2e-bin-")
	if err != nil {
		return "", err
	}
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	packages := []string{"./services/tradepost/cmd/tradepost", "github.com/nats-io/nats-server/v2"}
	for _, s := range stages {
		packages = append(packages, "./services/"+s+"/cmd/"+s)
	}
	for _, p := range packages {
		cmd := exec.Command("go", "build", "-o", dir+"/", p)
		cmd.Dir = root
		if p == packages[1] {
			cmd.Dir = filepath.Join(root, "services", "tradepost")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", p, err, out)
		}
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := build(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// proc is a process of the plant that can be ended and started again.
type proc struct {
	t    *testing.T
	name string
	// program is the binary; empty is that of the name.
	program string
	args    []string
	env     []string
	ready   string // address of its /readyz, or host:port to connect to
	cmd     *exec.Cmd
	done    chan struct{}
	log     *lockedBuffer
}

func (p *proc) start() {
	p.t.Helper()
	dir, err := build()
	require.NoError(p.t, err)
	p.cmd = exec.Command(filepath.Join(dir, cmp.Or(p.program, p.name)), p.args...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	require.NoError(p.t, p.cmd.Start())
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(p.cmd, p.done)
}

// end signals the process and waits for its end.
func (p *proc) end(signal syscall.Signal) {
	p.t.Helper()
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.t.Errorf("%s did not end after %s", p.name, signal)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *proc) awaitReady() {
	p.t.Helper()
	require.Eventually(p.t, p.isReady, time.Minute, 50*time.Millisecond, "%s is not ready", p.name)
}

func (p *proc) isReady() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if p.name == "nats-server" {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", p.ready)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ready+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// lockedBuffer collects what a process prints.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
