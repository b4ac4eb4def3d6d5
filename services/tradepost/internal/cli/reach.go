package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os/user"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/tradepost/internal/find"
)

// reached is the NATS server that holds the records and messages: that of nats.url,
// or that of a `tradepost up` which runs on this machine.
type reached struct {
	find.Places
	bus *bus.Publisher
	nc  *nats.Conn
}

// reach connects once; a server that is not there is told, not waited for.
func reach(ctx context.Context, config *connection.Config, name string) (*reached, error) {
	log := slog.New(slog.DiscardHandler)
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: cmp.Or(config.NATS.URL, nats.DefaultURL), CredsFile: config.NATS.CredentialsFile, Name: name, Log: log,
		Extra: []nats.Option{nats.RetryOnFailedConnect(false)},
	})
	if err != nil {
		if config.NATS.URL == "" {
			err = fmt.Errorf("%w: does `tradepost up` run? With another --nats-listen, set TRADEPOST_NATS_URL to its address", err)
		}
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	store, err := record.Open(ctx, js)
	if err != nil {
		nc.Close()
		return nil, err
	}
	return &reached{Places: find.Places{JS: js, Store: store, Config: config}, bus: bus.NewPublisher(js, log), nc: nc}, nil
}

// which adds the flags that tell apart invoices of the same id or number.
type which struct {
	account    string
	connection string
	number     bool
}

func (w which) asked(text string) find.Asked {
	return find.Asked{Text: text, Account: w.account, Connection: w.connection, ByNumber: w.number}
}

// whoAsks is the name that stands in a command.
func whoAsks(command string) string {
	if u, err := user.Current(); err == nil {
		return command + ", " + u.Username
	}
	return command
}

// refused makes an invoice that was named wrongly an error of the command line.
func refused(err error) error {
	if find.IsRefusal(err) {
		return &usageError{err}
	}
	return err
}
