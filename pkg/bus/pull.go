package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	pullExpiry    = 20 * time.Second
	pullHeartbeat = 3 * time.Second
	// The server gives up a pull a little before we do, and says so.
	pullMargin = time.Second
	// Room for what is no message: heartbeats and the status at the end.
	pullExtra = 16
	// How long the server gets to confirm that it sends nothing more for a pull.
	pullEndTimeout = time.Second
	// Where a delivered message is answered; a status has no reply subject.
	ackPrefix = "$JS.ACK."
)

// errSilent: neither a message nor a heartbeat came for the time of two heartbeats.
var errSilent = errors.New("the server is silent")

// pullRequest is the body of a pull, as JetStream's API defines it.
type pullRequest struct {
	Batch     int           `json:"batch"`
	Expires   time.Duration `json:"expires"`
	Heartbeat time.Duration `json:"idle_heartbeat"`
}

// pull asks for n messages and calls each for those that come, until there were n,
// the pull has expired, or ctx ends; none of these is an error.
//
// It does what Fetch of nats.go does, with one difference: a status of the server is
// told from a stored message by its missing reply subject. Fetch tells them by a
// header Status and an empty body, which anybody can publish: such a message would
// never be handled, and everything behind it would wait.
func (l *loop) pull(ctx context.Context, n int, each func(*nats.Msg)) error {
	nc := l.s.o.JS.Conn()
	body, err := json.Marshal(pullRequest{Batch: n, Expires: pullExpiry - pullMargin, Heartbeat: pullHeartbeat})
	if err != nil {
		return fmt.Errorf("encode pull: %w", err)
	}
	inbox, arriving := nc.NewInbox(), make(chan *nats.Msg, n+pullExtra)
	sub, err := nc.ChanSubscribe(inbox, arriving)
	if err != nil {
		return fmt.Errorf("subscribe for pull: %w", err)
	}
	if err := nc.PublishRequest(l.pullSubject(), inbox, body); err != nil {
		_ = sub.Unsubscribe()
		return fmt.Errorf("pull: %w", err)
	}
	over, err := receive(ctx, n, arriving, each)
	if over {
		_ = sub.Unsubscribe()
		return err
	}
	takeBack(nc, sub)
	startArrived(arriving, each)
	return err
}

// takeBack ends a pull that the server has not ended. What the server sent before it
// hears of that still arrives, and has to be started or given back: just dropped, it
// would be missing until its AckWait has passed, after every stop under load. Hence
// Drain, which goes on receiving, and the round trip.
func takeBack(nc *nats.Conn, sub *nats.Subscription) {
	if !nc.IsConnected() || sub.Drain() != nil {
		_ = sub.Unsubscribe()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pullEndTimeout)
	defer cancel()
	_ = nc.FlushWithContext(ctx)
}

// receive calls each for the messages of a pull. over tells whether the server is
// done with it.
func receive(ctx context.Context, n int, arriving <-chan *nats.Msg, each func(*nats.Msg)) (over bool, err error) {
	silence := time.NewTimer(2 * pullHeartbeat)
	defer silence.Stop()
	for n > 0 {
		select {
		case <-ctx.Done():
			return false, nil
		case <-silence.C:
			return false, errSilent
		case m := <-arriving:
			silence.Reset(2 * pullHeartbeat)
			if isDelivery(m) {
				n--
				each(m)
				continue
			}
			if ended, err := status(m); ended {
				return true, err
			}
		}
	}
	return true, nil
}

// startArrived takes what came while the pull was being ended: those have slots, too.
func startArrived(arriving <-chan *nats.Msg, each func(*nats.Msg)) {
	for {
		select {
		case m := <-arriving:
			if isDelivery(m) {
				each(m)
			}
		default:
			return
		}
	}
}

func isDelivery(m *nats.Msg) bool { return strings.HasPrefix(m.Reply, ackPrefix) }

// status reads a status of the server: whether it ends the pull, and with what.
func status(m *nats.Msg) (ended bool, err error) {
	code, words := m.Header.Get("Status"), m.Header.Get("Description")
	switch code {
	case "100":
		return false, nil
	case "404", "408":
		return true, nil
	case "503":
		return true, fmt.Errorf("pull: %w", nats.ErrNoResponders)
	}
	if code == "409" && strings.EqualFold(words, "batch completed") {
		return true, nil
	}
	return true, fmt.Errorf("pull: the server says %s %s", code, words)
}

func (l *loop) pullSubject() string {
	prefix := jetstream.DefaultAPIPrefix
	if o := l.s.o.JS.Options(); o.APIPrefix != "" {
		prefix = o.APIPrefix
	} else if o.Domain != "" {
		prefix = "$JS." + o.Domain + ".API."
	}
	return strings.TrimSuffix(prefix, ".") + ".CONSUMER.MSG.NEXT." + l.s.o.Consumer.Stream + "." + l.s.o.Consumer.Durable
}
