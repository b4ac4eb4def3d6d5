package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	pullExpiry    = 20 * time.Second
	pullHeartbeat = 3 * time.Second
	// A loop moves at least every pullExpiry.
	stallAfter = 3 * pullExpiry
	beatEvery  = 5 * time.Second
	// What a handler gets to return after its context ended.
	abandonGrace = 2 * time.Second
	minRebind    = 50 * time.Millisecond
	maxRebind    = 2 * time.Second
	quietFor     = 30 * time.Second
)

var errStopped = errors.New("stopped")

// loop fetches for one subscription. Its slots are the messages that may be in
// flight; nothing is fetched without a slot, so no message waits here while its
// AckWait runs.
type loop struct {
	s     *Subscriber
	out   chan *message.Message
	slots chan struct{}

	// stopping ends first: no more fetches. handling ends after Drain: the parent of
	// all message contexts. gone closes last: messages still in flight are left.
	stopping context.Context
	stop     context.CancelFunc
	handling context.Context
	kill     context.CancelFunc
	gone     chan struct{}
	done     chan struct{}

	inFlight  sync.WaitGroup
	abandoned atomic.Int64
	beat      atomic.Int64
	trouble   atomic.Pointer[error]
	lastLog   time.Time
}

func newLoop(ctx context.Context, s *Subscriber) *loop {
	l := &loop{
		s: s, out: make(chan *message.Message), slots: make(chan struct{}, s.o.Consumer.MaxInFlight),
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	l.stopping, l.stop = context.WithCancel(ctx)
	l.handling, l.kill = context.WithCancel(context.WithoutCancel(ctx))
	l.setTrouble(errors.New("not bound yet"))
	l.alive()
	return l
}

func (l *loop) run() {
	defer close(l.done)
	defer close(l.out)
	defer l.kill()
	idle := make(chan struct{})
	go l.drain(idle)
	l.fetchUntilStopped()
	l.inFlight.Wait()
	close(idle)
}

// drain gives the messages in flight their time after a stop.
func (l *loop) drain(idle <-chan struct{}) {
	<-l.stopping.Done()
	if !waitFor(idle, l.s.o.Drain) {
		l.kill()
		waitFor(idle, abandonGrace)
	}
	close(l.gone)
}

func waitFor(done <-chan struct{}, atMost time.Duration) bool {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (l *loop) fetchUntilStopped() {
	reconnected := l.s.o.JS.Conn().StatusChanged(nats.CONNECTED)
	defer l.s.o.JS.Conn().RemoveStatusListener(reconnected)
	wait := minRebind
	for {
		consumer, err := l.bind()
		for err == nil {
			if err = l.fetch(consumer, reconnected); err == nil {
				wait = minRebind
			}
		}
		if l.stopping.Err() != nil {
			return
		}
		l.setTrouble(err)
		l.s.metrics.fetchErrors.WithLabelValues(l.s.o.Service, l.s.o.Consumer.Stream).Inc()
		l.logTrouble(err)
		waitFor(l.stopping.Done(), wait)
		wait = min(2*wait, maxRebind)
	}
}

func (l *loop) bind() (jetstream.Consumer, error) {
	l.alive()
	consumer, err := l.s.o.Consumer.bind(l.stopping, l.s.o.JS)
	if err == nil {
		l.setTrouble(nil)
	}
	return consumer, err
}

// fetch takes all free slots, one at least, asks for as many messages, and starts
// each on a slot. It returns nil when the next fetch may follow at once.
func (l *loop) fetch(consumer jetstream.Consumer, reconnected <-chan nats.Status) error {
	free, err := l.takeSlots()
	if err != nil {
		return err
	}
	defer func() { l.giveSlots(free) }()
	ctx, cancel := context.WithTimeout(l.stopping, pullExpiry)
	defer cancel()
	batch, err := consumer.Fetch(free, jetstream.FetchContext(ctx), jetstream.FetchHeartbeat(pullHeartbeat))
	if err != nil {
		return l.classify(err)
	}
	messages := batch.Messages()
	for {
		select {
		case <-reconnected:
			// The server forgot the pull with the old connection.
			cancel()
		case m, ok := <-messages:
			if !ok {
				return l.classify(batch.Error())
			}
			free -= l.start(m)
		}
	}
}

// start returns how many slots the message took.
func (l *loop) start(m jetstream.Msg) int {
	if l.stopping.Err() != nil {
		_ = m.Nak()
		return 0
	}
	l.inFlight.Go(func() {
		defer l.giveSlots(1)
		l.handle(m)
	})
	return 1
}

func (l *loop) takeSlots() (int, error) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for taken := 0; taken == 0; {
		l.alive()
		select {
		case <-l.stopping.Done():
			return 0, errStopped
		case <-beat.C:
		case l.slots <- struct{}{}:
			taken = 1
		}
	}
	for taken := 1; ; taken++ {
		select {
		case l.slots <- struct{}{}:
		default:
			return taken, nil
		}
	}
}

func (l *loop) giveSlots(n int) {
	for range n {
		<-l.slots
	}
}

// classify returns nil for the ends of a fetch that call for nothing but the next.
func (l *loop) classify(err error) error {
	switch {
	case l.stopping.Err() != nil:
		return errStopped
	case err == nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, nats.ErrTimeout):
		return nil
	}
	return fmt.Errorf("fetch: %w", err)
}

func (l *loop) alive() { l.beat.Store(time.Now().UnixNano()) }

func (l *loop) setTrouble(err error) {
	if err == nil {
		l.trouble.Store(nil)
		return
	}
	l.trouble.Store(&err)
}

// logTrouble is silent for a while after each line: an hour without a server must
// not fill the log.
func (l *loop) logTrouble(err error) {
	if time.Since(l.lastLog) < quietFor {
		return
	}
	l.lastLog = time.Now()
	l.s.o.Log.Warn("cannot fetch messages, trying again", "error", err)
}

func (l *loop) healthy() error {
	still := time.Since(time.Unix(0, l.beat.Load()))
	if l.stopping.Err() == nil && still > stallAfter {
		return fmt.Errorf("the fetch loop has not moved for %s", still.Round(time.Second))
	}
	return nil
}

func (l *loop) ready() error {
	if err := l.trouble.Load(); err != nil {
		return *err
	}
	return nil
}
