package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/pause"
)

const pauseLong = `Stops the posting of one connection until it is resumed, or for a time. Its invoices go on being taken
and mapped, and wait; those that are being posted right now are finished, and what is posted is told to
ServiceTrade. Only a person ends the pause: Tradepost lifts only its own. It is kept in the connection's
record and on its NATS consumer, where "nats consumer info INVOICE_READY deliver-CONNECTION" shows it.`

func newPause(g *global) *cobra.Command {
	reason, lasts := "", time.Duration(0)
	c := &cobra.Command{
		Use: "pause CONNECTION", Short: "Stop posting for one connection", Long: pauseLong, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lasts < 0 {
				return &usageError{errors.New("--for must not be negative")}
			}
			return g.onConnection(cmd, args[0], func(ctx context.Context, js jetstream.JetStream, c *connection.Connection) (string, error) {
				return pauseConnection(ctx, js, c, reason, lasts)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for those who see it")
	c.Flags().DurationVar(&lasts, "for", 0, "how long, such as 2h30m; 0 until it is resumed")
	return c
}

func newResume(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "resume CONNECTION", Short: "End the pause of one connection, whoever made it", Args: cobra.ExactArgs(1),
		Long: "Ends the pause of one connection: a person's, one that Tradepost made because the accounting system\n" +
			"was away (it is made again if it still is), or one that was put onto the consumer with the nats program.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.onConnection(cmd, args[0], func(ctx context.Context, js jetstream.JetStream, c *connection.Connection) (string, error) {
				return resumeConnection(ctx, js, c.ID)
			})
		},
	}
}

func pauseConnection(ctx context.Context, js jetstream.JetStream, c *connection.Connection, reason string, lasts time.Duration) (string, error) {
	store, err := pause.Open(ctx, js)
	if err != nil {
		return "", err
	}
	p := &tradepostv1.Pause{By: pause.Operator, Reason: cmp.Or(reason, "no reason given")}
	now, told := time.Now(), "until it is resumed: tradepost resume "+c.ID
	if lasts > 0 {
		p.Until = timestamppb.New(now.Add(lasts))
		told = "until " + p.GetUntil().AsTime().In(c.Account.Location()).Format(time.RFC3339)
	}
	if _, err := store.Set(ctx, c.ID, p, now); err != nil {
		return "", err
	}
	return fmt.Sprintf("connection %s is paused %s", c.ID, told), nil
}

func resumeConnection(ctx context.Context, js jetstream.JetStream, id string) (string, error) {
	store, err := pause.Open(ctx, js)
	if err != nil {
		return "", err
	}
	was, err := store.Lift(ctx, id)
	switch {
	case err != nil:
		return "", err
	case !was:
		return fmt.Sprintf("connection %s was not paused", id), nil
	}
	return fmt.Sprintf("connection %s goes on", id), nil
}

// onConnection runs do for a connection of the configuration, with the NATS server of
// nats.url or, unset, the one of `tradepost up`, and prints what it returns.
func (g *global) onConnection(cmd *cobra.Command, id string, do func(context.Context, jetstream.JetStream, *connection.Connection) (string, error)) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	conn, ok := config.Connections[id]
	if !ok {
		return &usageError{fmt.Errorf("the configuration has no connection %q", id)}
	}
	nc, err := bus.Connect(cmd.Context(), bus.ConnectOptions{
		URL: cmp.Or(config.NATS.URL, nats.DefaultURL), CredsFile: config.NATS.CredentialsFile, Name: "pause", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("open JetStream: %w", err)
	}
	text, err := do(cmd.Context(), js, conn)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
	return err
}
