package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
	"github.com/tradepost/tradepost/services/tradepost/internal/pipeline"
)

const (
	account      = "demo"
	connectionID = "demo-books"
)

// world is the demo's ServiceTrade, NATS server and files.
type world struct {
	o       Options
	sandbox *sandbox.Sandbox
	web     *http.Server
	url     string
	nats    *embedded.Server
	config  *connection.Config
	logFile *os.File
}

func newWorld(o Options) (*world, error) {
	if err := EmptyDir(o.Dir); err != nil {
		return nil, err
	}
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: o.Seed, Invoices: o.Invoices, Faults: sandbox.DemoFaults()})
	w := &world{o: o, sandbox: sandbox.New(sandbox.Options{Book: book, Configured: true})}
	if err := w.start(book); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) start(book *sandbox.Book) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open a port for the sandbox: %w", err)
	}
	w.url = "http://" + listener.Addr().String()
	w.web = &http.Server{Handler: w.sandbox, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.web.Serve(listener) }()
	if err := writeConfig(w.o.Dir, w.url, book); err != nil {
		return err
	}
	if w.config, err = connection.Load(filepath.Join(w.o.Dir, configName), nil); err != nil {
		return err
	}
	if w.logFile, err = os.Create(w.logPath()); err != nil {
		return fmt.Errorf("make the log: %w", err)
	}
	w.nats, err = embedded.Start(filepath.Join(w.config.DataDir, "nats"), "127.0.0.1:0")
	return err
}

func (w *world) logPath() string { return filepath.Join(w.o.Dir, "tradepost.log") }

func (w *world) natsURL() string { return w.nats.ClientURL() }

func (w *world) run(ctx context.Context) error {
	return pipeline.Run(ctx, pipeline.Options{
		Config: w.config, NATS: w.nats, FirstInstall: true, Log: runtime.Logger(w.config.Log, w.logFile),
		Health: runtime.NewHealth(), Metrics: runtime.NewMetrics(),
	})
}

func (w *world) close() {
	if w.web != nil {
		_ = w.web.Close()
	}
	if w.nats != nil {
		w.nats.Stop()
	}
	if w.logFile != nil {
		_ = w.logFile.Close()
	}
}

// errNoProgram means that hledger is not installed.
var errNoProgram = errors.New("hledger is not installed")
