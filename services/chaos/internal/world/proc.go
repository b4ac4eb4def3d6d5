package world

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Proc is a process that is started, killed, stopped and started again.
type Proc struct {
	Name string
	path string
	args []string
	env  []string
	// ready is the address of the page that answers 200 once the process works.
	ready string
	log   string

	mu      sync.Mutex
	cmd     *exec.Cmd
	done    chan struct{}
	wanted  bool
	stopped bool
	// Ended counts how often the process ended by itself, and was started again.
	ended int
}

// respawn is the pause before a process that ended by itself is started again, as
// whatever runs it would do.
const respawn = time.Second

// Start starts the process, and keeps it running from then on.
func (p *Proc) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	return p.start()
}

func (p *Proc) start() error {
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", p.Name, err)
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = out, out
	// Nothing survives the harness, however it ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		_ = out.Close()
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done, p.stopped = cmd, done, false
	go func() {
		_ = cmd.Wait()
		_ = out.Close()
		close(done)
		p.endedOf(cmd)
	}()
	return nil
}

// endedOf starts the process again when nobody asked for its end.
func (p *Proc) endedOf(cmd *exec.Cmd) {
	p.mu.Lock()
	mine := p.wanted && p.cmd == cmd
	if mine {
		p.ended++
	}
	p.mu.Unlock()
	if !mine {
		return
	}
	time.Sleep(respawn)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted && p.cmd == cmd {
		_ = p.start() // The next look at its readiness tells.
	}
}

// Kill ends the process at once and waits until it is gone.
func (p *Proc) Kill() {
	p.mu.Lock()
	p.wanted = false
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // It may have ended already.
	<-done
}

// Pause stops the process where it stands; the function goes on with it.
func (p *Proc) Pause() (resume func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd := p.cmd
	p.stopped = true
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		_ = cmd.Process.Signal(syscall.SIGCONT)
		if p.cmd == cmd {
			p.stopped = false
		}
	}
}

// EndedByItself tells how often it did.
func (p *Proc) EndedByItself() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// AwaitReady waits until the process says that it works.
func (p *Proc) AwaitReady(ctx context.Context) error {
	for {
		if isOK(ctx, p.ready) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready (its log is %s): %w", p.Name, p.log, ctx.Err())
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func isOK(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
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

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("look for a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (w *World) proc(name, binary string, args, env []string, ready string) *Proc {
	return &Proc{
		Name: name, path: filepath.Join(w.opt.Binaries, binary), args: args, env: env, ready: ready,
		log: filepath.Join(w.opt.Dir, "logs", name+".log"),
	}
}
