package bus

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
)

const (
	// A loop moves at least every pullExpiry.
	stallAfter = 3 * pullExpiry
	beatEvery  = 5 * time.Second
	// What a handler gets to return after its context ended.
	abandonGrace = 2 * time.Second
	minRebind    = 50 * time.Millisecond
	maxRebind    = 2 * time.Second
	bindTimeout  = 3 * time.Second
	// How often a bound consumer is looked at again, up to half as long more. Another
	// version of the service may have had the last word, or a person.
	lookAgain = 2 * time.Minute
	quietFor  = 30 * time.Second
)

var (
	errStopped  = errors.New("stopped")
	errNotBound = errors.New("not bound yet")
)

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

	// cancelStep ends what the loop is waiting for right now.
	stepMu     sync.Mutex
	cancelStep context.CancelFunc

	inFlight  sync.WaitGroup
	abandoned atomic.Int64
	beat      atomic.Int64
	// stuck counts the messages that nobody has taken for long.
	stuck    atomic.Int64
	trouble  atomic.Pointer[error]
	lastLog  time.Time
	nextLook time.Time
}

func newLoop(ctx context.Context, s *Subscriber) *loop {
	l := &loop{
		s: s, out: make(chan *message.Message), slots: make(chan struct{}, s.o.Consumer.MaxInFlight),
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	l.stopping, l.stop = context.WithCancel(ctx)
	l.handling, l.kill = context.WithCancel(context.WithoutCancel(ctx))
	l.cancelStep = func() {}
	l.setTrouble(errNotBound)
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
	defer l.watchReconnects()()
	wait := minRebind
	for {
		err := l.bind()
		for err == nil {
			if err = l.fetch(); err == nil {
				wait = minRebind
				err = l.bindAgain()
			}
		}
		if l.stopping.Err() != nil {
			return
		}
		l.setTrouble(err)
		l.s.metrics.fetchErrors.WithLabelValues(l.s.o.Service, l.s.o.Consumer.Stream, l.s.o.Consumer.filtered()).Inc()
		l.logTrouble(err)
		ctx, done := l.step(wait)
		<-ctx.Done()
		done()
		wait = min(2*wait, maxRebind)
	}
}

// watchReconnects ends the current step whenever the connection is back: the server
// forgot the pull with the old connection, and a request may have been lost with it.
func (l *loop) watchReconnects() (stop func()) {
	nc := l.s.o.JS.Conn()
	reconnected := nc.StatusChanged(nats.CONNECTED)
	go func() {
		for range reconnected {
			l.stepMu.Lock()
			l.cancelStep()
			l.stepMu.Unlock()
		}
	}()
	return func() { nc.RemoveStatusListener(reconnected) }
}

// step bounds one thing that the loop waits for.
func (l *loop) step(limit time.Duration) (context.Context, context.CancelFunc) {
	l.alive()
	ctx, cancel := context.WithTimeout(l.stopping, limit)
	l.stepMu.Lock()
	defer l.stepMu.Unlock()
	l.cancelStep = cancel
	return ctx, cancel
}

func (l *loop) bind() error {
	turn, err := l.awaitTurn()
	if err != nil {
		return err
	}
	defer turn()
	ctx, done := l.step(bindTimeout)
	defer done()
	c := l.s.o.Consumer
	err = c.bind(ctx, l.s.o.JS)
	if err == nil && c.Bound != nil {
		err = c.Bound(ctx)
	}
	if err == nil {
		l.setTrouble(nil)
		l.nextLook = time.Now().Add(lookAgain + rand.N(lookAgain/2))
	}
	return err
}

// awaitTurn waits until few enough others are being bound. done has to be called.
func (l *loop) awaitTurn() (done func(), err error) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for l.s.o.binding != nil {
		l.alive()
		select {
		case <-l.stopping.Done():
			return nil, errStopped
		case <-beat.C:
		case l.s.o.binding <- struct{}{}:
			return func() { <-l.s.o.binding }, nil
		}
	}
	return func() {}, nil
}

// bindAgain makes the consumer what we declare, should it have been changed since.
func (l *loop) bindAgain() error {
	if time.Now().Before(l.nextLook) {
		return nil
	}
	return l.bind()
}

// fetch takes all free slots, one at least, asks for as many messages, and starts
// each on a slot. It returns nil when the next fetch may follow at once.
func (l *loop) fetch() error {
	free, err := l.takeSlots()
	if err != nil {
		return err
	}
	defer func() { l.giveSlots(free) }()
	ctx, done := l.step(pullExpiry)
	defer done()
	err = l.pull(ctx, free, func(m *nats.Msg) {
		if free > 0 {
			free -= l.start(m)
		}
	})
	if l.stopping.Err() != nil {
		return errStopped
	}
	return err
}

// start returns how many slots the message took.
func (l *loop) start(m *nats.Msg) int {
	if l.stopping.Err() != nil {
		l.giveBack(m)
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
