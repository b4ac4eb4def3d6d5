package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/tradepost/internal/hooks"
)

const connectLong = `Has ServiceTrade tell Tradepost at once when an invoice changes: registers the webhook
<webhook.public_url>/webhook/<account>/<webhook_secret> for invoices. What is registered already and
right is left as it is; older registrations under the same public_url are deleted once the new one is
there. Those of others are never touched. The user needs ServiceTrade's permission admin.account.`

// goodbye bounds the signing out at the end.
const goodbye = 5 * time.Second

type connectOptions struct {
	account string
	dryRun  bool
	remove  bool
}

func newConnect(g *global) *cobra.Command {
	c := &cobra.Command{Use: "connect", Short: "Connect Tradepost with other systems"}
	var o connectOptions
	st := &cobra.Command{
		Use:   "servicetrade",
		Short: "Register the webhooks at ServiceTrade",
		Long:  connectLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return g.connect(cmd, o) },
	}
	f := st.Flags()
	f.StringVar(&o.account, "account", "", "only this `account`; else all that have a webhook_secret")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing, and tell what would be done")
	f.BoolVar(&o.remove, "remove", false, "delete the webhooks of Tradepost")
	c.AddCommand(st, newConnectQuickBooks(g))
	return c
}

func (g *global) connect(cmd *cobra.Command, o connectOptions) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	accounts, err := hooked(config, o)
	if err != nil {
		return &usageError{err}
	}
	clients := stage.Alone(config, runtime.Logger(config.Log, cmd.ErrOrStderr()))
	rows := hookRows{}
	var failed []error
	for _, a := range accounts {
		client := clients[a.ID]
		work := hooks.Register
		if o.remove {
			work = hooks.Remove
		}
		done, err := work(cmd.Context(), hooks.Options{Config: config, Account: a, API: client, DryRun: o.dryRun})
		rows, failed = append(rows, done...), append(failed, err)
		bye, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), goodbye)
		_ = client.Logout(bye)
		cancel()
	}
	return errors.Join(append(failed, g.write(cmd.OutOrStdout(), rows))...)
}

// hooked returns the accounts to look at, in the order of their ids.
func hooked(config *connection.Config, o connectOptions) ([]*connection.Account, error) {
	if config.Webhook.PublicURL == "" {
		return nil, errors.New("webhook.public_url is not set: it is the https address under which ServiceTrade reaches webhook.listen")
	}
	if o.account != "" {
		a, ok := config.Accounts[o.account]
		switch {
		case !ok:
			return nil, fmt.Errorf("there is no account %q", o.account)
		case a.ServiceTrade.WebhookSecret.IsZero() && !o.remove:
			return nil, fmt.Errorf("accounts.%s.servicetrade.webhook_secret is not set: `openssl rand -hex 24` makes one", o.account)
		}
		return []*connection.Account{a}, nil
	}
	var accounts []*connection.Account
	for _, id := range slices.Sorted(maps.Keys(config.Accounts)) {
		if a := config.Accounts[id]; o.remove || !a.ServiceTrade.WebhookSecret.IsZero() {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		return nil, errors.New("no account has a webhook_secret: `openssl rand -hex 24` makes one")
	}
	return accounts, nil
}

type hookRows []hooks.Row

// Table implements printed.
func (r hookRows) Table() ([]any, [][]any) {
	rows := make([][]any, len(r))
	for i, one := range r {
		id := any("")
		if one.WebhookID != 0 {
			id = one.WebhookID
		}
		rows[i] = []any{one.Account, one.Action, id, one.URL, one.Note}
	}
	return []any{"account", "action", "webhook", "address", "note"}, rows
}
