// Package embedded runs a NATS server inside the process: the same server, the
// same streams and the same guarantees as a separate one, for installations of
// one machine.
package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

// Off as the address to listen on keeps the server inside the process.
const Off = "off"

const startTime = 20 * time.Second

// Server is a running NATS server.
type Server struct {
	*server.Server
	lock *flock.Flock
}

// ErrInUse means that another process uses the directory: two servers on the same
// files would each believe something else.
var ErrInUse = errors.New("another tradepost runs with this data_dir")

// Start runs a server with file storage in dir. It writes through to the disk
// before it acknowledges (sync_interval: always), since an acknowledged message
// may be the only trace of a posting. listen is host:port for the stock CLI, port
// 0 for any free one, or Off.
func Start(dir, listen string) (*Server, error) {
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s, err := start(dir, listen)
	if err != nil {
		_ = lock.Unlock()
		return nil, err
	}
	return &Server{Server: s, lock: lock}, nil
}

// lockDir keeps a second process out. The system gives the lock back when a
// process dies, however it dies.
func lockDir(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the embedded NATS server: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the directory of the embedded NATS server: %w", err)
	}
	if !got {
		return nil, fmt.Errorf("%s: %w: stop that one first, or give this one a data_dir of its own", dir, ErrInUse)
	}
	return lock, nil
}

func start(dir, listen string) (*server.Server, error) {
	o := &server.Options{
		ServerName: "tradepost", JetStream: true, StoreDir: dir, SyncAlways: true,
		NoSigs: true, NoLog: true, DontListen: listen == Off,
	}
	if listen != Off {
		host, port, err := net.SplitHostPort(listen)
		if err != nil {
			return nil, fmt.Errorf("address %q for the embedded NATS server: %w", listen, err)
		}
		if o.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("port of %q for the embedded NATS server: %w", listen, err)
		}
		if o.Port == 0 {
			o.Port = server.RANDOM_PORT
		}
		o.Host = host
	}
	s, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("set up the embedded NATS server in %s: %w", dir, err)
	}
	go s.Start()
	if !s.ReadyForConnections(startTime) {
		s.Shutdown()
		return nil, fmt.Errorf("the embedded NATS server did not start within %s: is the address %s taken by another program, and is %s writable?", startTime, listen, dir)
	}
	return s, nil
}

// Stop ends the server and waits for its files.
func (s *Server) Stop() {
	s.Shutdown()
	s.WaitForShutdown()
	_ = s.lock.Unlock()
}
