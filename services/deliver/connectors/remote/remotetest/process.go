package remotetest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
)

const (
	startTime = 30 * time.Second
	lookEvery = 10 * time.Millisecond
)

// Process is the program, which is killed and started again.
type Process struct {
	o     Options
	url   string
	books string
	wire  *wire
	cmd   *exec.Cmd
	told  *output
}

// Start starts the program of o.Command on a NATS server, with its books in a folder. It
// ends with the test.
func Start(t *testing.T, o Options, url, books string) *Process {
	t.Helper()
	nc, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	p := &Process{o: o, url: url, books: books, wire: &wire{inner: bus.Asker{NC: nc}}}
	p.Run(t)
	t.Cleanup(func() { p.Kill(t) })
	return p
}

// Run starts the program, and waits until it listens.
func (p *Process) Run(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, p.o.Command, "the command that starts the program")
	p.told = &output{}
	p.cmd = exec.Command(p.o.Command[0], p.o.Command[1:]...) //nolint:gosec // Running what it is given is what this is for.
	p.cmd.Env = append(os.Environ(), "NATS_URL="+p.url, "CONNECTOR_PROGRAM="+p.o.Program, "CONNECTOR_BOOKS="+p.books)
	p.cmd.Stdout, p.cmd.Stderr = p.told, p.told
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // So that what it starts ends with it.
	require.NoError(t, p.cmd.Start(), "start the program")
	p.await(t, "the program does not listen with the name "+p.o.Program, func(err error) bool {
		return err == nil && strings.Contains(p.told.String(), p.o.Listening)
	})
}

// Signal sends a signal to the program and to what it started: SIGSTOP has it stand
// still, SIGCONT go on.
func (p *Process) Signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	require.NoError(t, syscall.Kill(-p.cmd.Process.Pid, signal))
}

// Output is what the program wrote since it was started.
func (p *Process) Output() string { return p.told.String() }

// Kill ends the program as a crash does, and waits until NATS knows, unless other copies
// of it may listen.
func (p *Process) Kill(t *testing.T) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Wait()
	p.cmd = nil
	if p.o.Listening != "" {
		return
	}
	p.await(t, "somebody else listens with the name "+p.o.Program, func(err error) bool { return errors.Is(err, connector.ErrNoProgram) })
}

// await asks the program what it is until the answer is the one that is waited for.
func (p *Process) await(t *testing.T, what string, done func(error) bool) {
	t.Helper()
	deadline := time.Now().Add(startTime)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, _, err := remote.Describe(ctx, p.wire.inner, p.o.Program)
		cancel()
		if done(err) {
			return
		}
		if time.Now().After(deadline) {
			require.FailNow(t, what, "%v\n%s", err, p.told)
		}
		<-tick.C
	}
}

// connector is a connector to the program, as a configuration would declare what it said.
func (p *Process) connector(t *testing.T, said *tradepostv1.ConnectorDescription) connector.Connector {
	t.Helper()
	c, err := remote.New(remote.Config{
		Program: p.o.Program, CallTimeout: p.o.CallTimeout, SettlingTime: said.GetSettlingTime().AsDuration(),
		Parallel: parallel, AtomicMarker: said.GetAtomicMarker(), Can: said.GetCan(), Lists: said.GetLists(),
	}, connector.Settings{Connection: connection, Account: account, Programs: p.wire})
	require.NoError(t, err)
	return c
}

// found counts the documents of a marker by asking the program, past what the kit does
// to the answers.
func (p *Process) found(t *testing.T, marker string) int {
	t.Helper()
	c, err := remote.New(remote.Config{Program: p.o.Program, CallTimeout: p.o.CallTimeout}, connector.Settings{
		Connection: connection, Account: account, Programs: p.wire.inner,
	})
	require.NoError(t, err)
	found, err := c.Find(context.Background(), connector.Query{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: marker})
	require.NoError(t, err)
	return len(found)
}

// output is what the program wrote, for whoever reads of a failure.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String returns all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
