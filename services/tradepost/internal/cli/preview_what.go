package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// chosen is the connection that was named, or the only one that is enabled.
func chosen(config *connection.Config, id string) (*connection.Connection, error) {
	if id != "" {
		if c := config.Connections[id]; c != nil {
			return c, nil
		}
		return nil, fmt.Errorf("the configuration has no connection %q", id)
	}
	enabled := config.EnabledConnections()
	if len(enabled) == 1 {
		return enabled[0], nil
	}
	ids := make([]string, len(enabled))
	for i, c := range enabled {
		ids[i] = c.ID
	}
	if len(ids) == 0 {
		return nil, errors.New("the configuration has no enabled connection; name one with --connection")
	}
	return nil, fmt.Errorf("the configuration has several connections (%s); name one with --connection", strings.Join(ids, ", "))
}

// each looks at every invoice that was asked for.
func (o *previewOptions) each(ctx context.Context, v *preview.Viewer, args []string, show func(*preview.View) error) error {
	if o.file != "" {
		view, err := v.File(ctx, o.file)
		if err != nil {
			return err
		}
		return show(view)
	}
	ids, err := o.ids(ctx, v, args)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := show(v.Invoice(ctx, id)); err != nil {
			return err
		}
	}
	return nil
}

func (o *previewOptions) ids(ctx context.Context, v *preview.Viewer, args []string) ([]int64, error) {
	switch {
	case o.pending:
		return v.Pending(ctx)
	case len(args) == 0:
		return v.Between(ctx, o.first, o.last)
	}
	var all []int64
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err == nil && id > 0 && !o.number {
			exists, err := v.Exists(ctx, id)
			if err != nil {
				return nil, err
			}
			if exists {
				all = append(all, id)
				continue
			}
		}
		ids, err := v.Numbered(ctx, arg)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// ownServer is the name of the NATS server inside `tradepost up`.
const ownServer = "tradepost"

// reachNATS connects with the server of the configuration, or that of a running
// `tradepost up`. Without one it says why, and nothing else fails.
func reachNATS(ctx context.Context, config *connection.Config) (*nats.Conn, jetstream.JetStream, string) {
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: cmp.Or(config.NATS.URL, nats.DefaultURL), CredsFile: config.NATS.CredentialsFile, Name: "preview",
		Extra: []nats.Option{nats.RetryOnFailedConnect(false)},
	})
	if err != nil {
		return nil, nil, "NATS was not reached"
	}
	if config.NATS.URL == "" && nc.ConnectedServerName() != ownServer {
		nc.Close()
		return nil, nil, "NATS was not reached (`tradepost up` does not run at " + nats.DefaultURL + ")"
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, "NATS was not reached"
	}
	return nc, js, ""
}
