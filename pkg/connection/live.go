package connection

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// defaultEvery is the time between two looks at the files.
const defaultEvery = 2 * time.Second

// LiveOptions say how a Live looks after its configuration.
type LiveOptions struct {
	// Environ is laid over the file, as in Load.
	Environ []string
	// Checks are made besides Load's own; an error refuses the configuration.
	Checks []func(*Config) error
	// Log tells what is taken and what is refused; nil tells nobody.
	Log *slog.Logger
	// Every is the time between two looks at the files; 0 = 2 s. What changed is
	// read when two looks in a row found the same, so that a file half written is not.
	Every time.Duration
}

// Live holds the configuration in force. While Run runs, it follows the files: a
// good new configuration takes the place of the old one, a bad one is refused whole.
// It is safe for concurrent use.
type Live struct {
	o LiveOptions
	// asked is filled by Reload.
	asked chan struct{}

	mu      sync.Mutex
	current *Config
	changed chan struct{}
	status  Status

	// Only Run uses these. started is what the file said at first, judged the files
	// of the last configuration that was taken or refused, pending what a look found
	// that differs from it.
	started *Config
	judged  map[string]sum
	pending map[string]sum
	inForce map[string]sum
	eye     eye
	// belonged is the account of each connection that was ever in force.
	belonged map[string]string
}

// Status is how the last changes of the files went.
type Status struct {
	// Since is when the configuration in force was taken.
	Since time.Time
	// Taken and Refused count the changes.
	Taken, Refused int
	// Trouble is all that is wrong with what the files say now, and RefusedAt when
	// the files were first found so; nil while the files say what is in force.
	Trouble   error
	RefusedAt time.Time
}

// NewLive returns a Live with c in force. Without Run it stays so.
func NewLive(c *Config, o LiveOptions) *Live {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	l := &Live{
		o: o, asked: make(chan struct{}, 1), current: c, changed: make(chan struct{}),
		started: c, status: Status{Since: time.Now()},
	}
	if c != nil && c.sources != nil {
		l.belonged = accountsOf(nil, c)
		l.judged = c.sources.all()
		l.inForce = l.judged
	}
	return l
}

// Current returns the configuration in force.
func (l *Live) Current() *Config {
	c, _ := l.Watch()
	return c
}

// Watch returns the configuration in force, and a channel that is closed when
// another one is.
func (l *Live) Watch() (*Config, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current, l.changed
}

// Status returns how the last changes went.
func (l *Live) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Use puts c in force, which a program made from what was loaded, before anybody
// follows l. It is no change of the files.
func (l *Live) Use(c *Config) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = c
}

// Reload makes Run read the files now, and say what came of it.
func (l *Live) Reload() {
	select {
	case l.asked <- struct{}{}:
	default: // asked already
	}
}

// Run follows the files until ctx ends.
func (l *Live) Run(ctx context.Context) {
	if l.judged == nil {
		return // no file
	}
	tick := time.NewTicker(l.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.asked:
			l.pending = nil
			l.read(ctx, true)
		case <-tick.C:
			l.look(ctx)
		}
	}
}

// look reads the files when they differ from what was judged last, and two looks
// in a row found the same.
func (l *Live) look(ctx context.Context) {
	now := l.eye.look(l.judged)
	switch {
	case same(now, l.judged):
		l.pending = nil
	case l.pending == nil || !same(now, l.pending):
		l.pending = now
	default:
		l.read(ctx, false)
		l.pending = nil
	}
}
