package runtime

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

// connect waits for the NATS server as long as it takes, since it may start
// later or be away, and then for streams and buckets as long as StartTimeout.
func connect(ctx context.Context, o Options, state *state) (*nats.Conn, jetstream.JetStream, error) {
	state.set(errConnecting)
	var refused permission
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: cmp.Or(o.Config.NATS.URL, nats.DefaultURL), CredsFile: o.Config.NATS.CredentialsFile, Name: o.Name,
		InProcess: o.InProcess, Log: o.Log, OnPermissionError: refused.set,
	})
	if err != nil {
		return nil, nil, err
	}
	o.Health.AddReadiness("nats", func() error { return connected(nc, &refused) })
	js, err := jetstream.New(nc)
	if err == nil {
		err = awaitStreams(ctx, js, o, state)
	}
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return nc, js, nil
}

// awaitStreams tries bus.Verify again until it is content: streams may be made
// at the same time, and a cluster that elects a leader answers late.
func awaitStreams(ctx context.Context, js jetstream.JetStream, o Options, state *state) error {
	deadline, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()
	ticker := time.NewTicker(verifyPause)
	defer ticker.Stop()
	for tries := 0; ; tries++ {
		err := verify(deadline, js)
		if err == nil {
			return nil
		}
		if tries == 0 {
			o.Log.Warn("waiting for streams and buckets", KeyError, err, KeyTimeout, o.StartTimeout)
		}
		if deadline.Err() == nil { // afterwards it only says that time ran out
			state.set(err)
		}
		select {
		case <-deadline.Done():
			return fmt.Errorf("check the NATS server: %w", state.get())
		case <-ticker.C:
		}
	}
}

// verify looks once. A question or its answer can be lost on the way (the server
// dies, the connection is cut), and nobody asks again by itself: one look must not
// use up all the time.
func verify(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	return bus.Verify(ctx, js)
}

// connected is the readiness check of the connection.
func connected(nc *nats.Conn, refused *permission) error {
	if !nc.IsConnected() {
		return fmt.Errorf("not connected to NATS (%s)", nc.Status())
	}
	return refused.get()
}

// drainConn sends what is still to be sent, and closes. It runs after the
// service has ended, so there is little left to wait for.
func drainConn(nc *nats.Conn, o Options) {
	closed := nc.StatusChanged(nats.CLOSED)
	defer nc.RemoveStatusListener(closed)
	if err := nc.Drain(); err != nil {
		o.Log.Warn("NATS connection closed without draining", KeyError, err)
		nc.Close()
		return
	}
	timer := time.NewTimer(o.DrainTimeout)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		nc.Close()
	}
}
