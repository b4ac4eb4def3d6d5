package run

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a side of the comparison: a process of its own, so that its memory and
// processor time can be told from those of the server and of this program.
type process struct {
	cmd    *exec.Cmd
	listen string
	log    string
	// done is closed when it ended; ended tells how.
	done  chan struct{}
	ended error
}

// startProcess starts a program that serves its health and metrics on a free address,
// which the variable TRADEPOST_HTTP_LISTEN tells it, and waits until it is ready.
func startProcess(ctx context.Context, log string, env []string, name string, args ...string) (*process, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", name, err)
	}
	defer out.Close()
	p := &process{cmd: exec.Command(name, args...), listen: listen, log: log, done: make(chan struct{})}
	p.cmd.Env = append(append(os.Environ(), env...), "TRADEPOST_HTTP_LISTEN="+listen)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.done)
		p.ended = p.cmd.Wait()
	}()
	if err := p.awaitReady(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (p *process) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready (%w): %s", p.cmd.Path, p.ended, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready within %s: %s", p.cmd.Path, startTime, p.tail())
		case <-tick.C:
			if body, err := p.get("/readyz"); err == nil {
				_ = body.Close()
				return nil
			}
		}
	}
}

func (p *process) get(path string) (io.ReadCloser, error) {
	res, err := http.Get("http://" + p.listen + path)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("GET %s answered %s", path, res.Status)
	}
	return res.Body, nil
}

// stop ends the process in the usual way, and by force if that takes too long.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	timer := time.AfterFunc(startTime, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	<-p.done
}

// tail is the end of what the process said.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// usage is what a process used since it began.
type usage struct {
	mallocs, bytes, cpu float64
}

func (u usage) since(before usage) usage {
	return usage{u.mallocs - before.mallocs, u.bytes - before.bytes, u.cpu - before.cpu}
}

// usage reads the process's metrics.
func (p *process) usage() (usage, error) {
	body, err := p.get("/metrics")
	if err != nil {
		return usage{}, fmt.Errorf("read the metrics of %s: %w", p.cmd.Path, err)
	}
	defer body.Close()
	var u usage
	want := map[string]*float64{
		"go_memstats_mallocs_total": &u.mallocs, "go_memstats_alloc_bytes_total": &u.bytes, "process_cpu_seconds_total": &u.cpu,
	}
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		into := want[name]
		if into == nil {
			continue
		}
		if *into, err = strconv.ParseFloat(value, 64); err != nil {
			return usage{}, fmt.Errorf("metric %s of %s: %w", name, p.cmd.Path, err)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		return usage{}, fmt.Errorf("the metrics of %s lack %d of what is measured", p.cmd.Path, len(want))
	}
	return u, lines.Err()
}
