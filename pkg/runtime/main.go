package runtime

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/tradepost/tradepost/pkg/connection"
)

// The exit codes of a process.
const (
	ExitOK = 0
	// ExitFailure: the service failed, or could not be started.
	ExitFailure = 1
	// ExitConfig: the configuration or the command line is wrong. Starting again
	// changes nothing.
	ExitConfig = 2
)

// MainOption changes what Main does.
type MainOption func(*program)

// WithConfigCheck adds a check of the configuration, such as its connectors,
// that --validate makes too.
func WithConfigCheck(check func(*connection.Config) error) MainOption {
	return func(p *program) { p.checks = append(p.checks, check) }
}

// WithChangeCheck adds a check of a configuration that is about to take the place of
// the one in force. It may be stricter than the one at the start, where one bad
// connection must not keep the others from working.
func WithChangeCheck(check func(*connection.Config) error) MainOption {
	return func(p *program) { p.changeChecks = append(p.changeChecks, check) }
}

// Main is the whole main function of a separate service. It does not return.
func Main(name string, build Build, opts ...MainOption) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	p := &program{
		name: name, build: build, args: os.Args[1:], environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr, signals: signals,
	}
	for _, opt := range opts {
		opt(p)
	}
	os.Exit(p.main(context.Background()))
}

// program is Main with everything that it touches.
type program struct {
	name   string
	build  Build
	checks []func(*connection.Config) error
	// changeChecks are made besides checks when the configuration changes.
	changeChecks []func(*connection.Config) error
	args         []string
	environ      []string
	stdout       io.Writer
	stderr       io.Writer
	signals      <-chan os.Signal
}

type arguments struct {
	config   string
	version  bool
	validate bool
}

func (p *program) main(ctx context.Context) int {
	a, err := p.arguments()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ExitOK
	case err != nil:
		return ExitConfig // flag has told why
	case a.version:
		_, _ = fmt.Fprintf(p.stdout, "%s %s\n", p.name, BuildVersion())
		return ExitOK
	}
	config, err := p.load(a.config)
	if err != nil {
		return p.badConfig(err)
	}
	if a.validate {
		_, _ = fmt.Fprintf(p.stdout, "%s is valid: accounts: %d, connections: %d\n", a.config, len(config.Accounts), len(config.Connections))
		return ExitOK
	}
	return p.serve(ctx, config)
}

func (p *program) arguments() (arguments, error) {
	var a arguments
	path := "tradepost.yaml"
	for _, entry := range p.environ {
		if value, ok := strings.CutPrefix(entry, "TRADEPOST_CONFIG="); ok && value != "" {
			path = value
		}
	}
	flags := flag.NewFlagSet(p.name, flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	flags.StringVar(&a.config, "config", path, "the configuration `file` [TRADEPOST_CONFIG]")
	flags.BoolVar(&a.version, "version", false, "print the version and exit")
	flags.BoolVar(&a.validate, "validate", false, "check the configuration and exit")
	if err := flags.Parse(p.args); err != nil {
		return a, err
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(p.stderr, "%s takes no arguments besides flags, but was given %q\n", p.name, flags.Arg(0))
		return a, errors.New("unexpected argument")
	}
	return a, nil
}

func (p *program) load(path string) (*connection.Config, error) {
	config, err := connection.Load(path, p.environ)
	if err != nil {
		return nil, err
	}
	for _, check := range p.checks {
		if err := check(config); err != nil {
			return nil, err
		}
	}
	return config, nil
}

func (p *program) badConfig(err error) int {
	_, _ = fmt.Fprintf(p.stderr, "%s: the configuration cannot be used\n%v\n", p.name, err)
	return ExitConfig
}

// exitCode tells how the process ends, and says why where it is not by request.
func (p *program) exitCode(log *slog.Logger, err error) int {
	var config *connection.Error
	switch {
	case err == nil:
		log.Info("stopped")
		return ExitOK
	case errors.As(err, &config):
		return p.badConfig(err)
	default:
		log.Error("stopped by an error", KeyError, err)
		return ExitFailure
	}
}
