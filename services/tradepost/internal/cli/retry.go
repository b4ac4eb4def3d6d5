package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
)

func newRetry(g *global) *cobra.Command {
	reason := ""
	c := &cobra.Command{
		Use:   "retry CONNECTION INVOICE-ID",
		Short: "Have a failed or held invoice tried again",
		Long: "Asks for a new send of an invoice that failed, or releases one that is held. It publishes the\n" +
			"command that `nats pub` would publish too; ingest carries it out when ServiceTrade still shows\n" +
			"the same content. The NATS server is nats.url; unset, the one of `tradepost up` on 127.0.0.1:4222.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || id <= 0 {
				return &usageError{fmt.Errorf("invoice id %q is no number; it is in the address of the invoice's page", args[1])}
			}
			config, err := g.load()
			if err != nil {
				return err
			}
			conn, ok := config.Connections[args[0]]
			if !ok {
				return &usageError{fmt.Errorf("the configuration has no connection %q", args[0])}
			}
			text, err := retry(cmd.Context(), config, conn, id, reason)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record of what was done")
	return c
}

// retry publishes the command that follows the invoice's latest send.
func retry(ctx context.Context, config *connection.Config, conn *connection.Connection, id int64, reason string) (string, error) {
	log := slog.New(slog.DiscardHandler)
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: cmp.Or(config.NATS.URL, nats.DefaultURL), CredsFile: config.NATS.CredentialsFile, Name: "retry", Log: log,
	})
	if err != nil {
		return "", err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return "", fmt.Errorf("open JetStream: %w", err)
	}
	store, err := record.Open(ctx, js)
	if err != nil {
		return "", err
	}
	e, err := store.Get(ctx, record.Key{Account: conn.AccountID, InvoiceID: id})
	switch {
	case err != nil:
		return "", err
	case e.Record == nil:
		return "", fmt.Errorf("invoice %d of account %s has no record: it was never sent to accounting, or ingest has not seen it yet", id, conn.AccountID)
	case e.State() == record.Closed && e.Record.GetSettlement() != tradepostv1.Settlement_SETTLEMENT_FAILED:
		return "", errors.New("there is nothing to try again: the last send of this invoice did not fail. A user can send it again in ServiceTrade")
	}
	to := bus.Subject{Stage: bus.StageCommand, Connection: conn.ID, InvoiceID: id}
	by := "tradepost retry"
	if u, err := user.Current(); err == nil {
		by += ", " + u.Username
	}
	err = bus.NewPublisher(js, log).Send(ctx, to, "", &tradepostv1.InvoiceCommand{
		FollowsSend: e.Record.GetSend(), By: by, Reason: reason,
		Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}},
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("asked for a retry of invoice %d after send %d (it was %s)", id, e.Record.GetSend(), record.StateName(e.State())), nil
}
