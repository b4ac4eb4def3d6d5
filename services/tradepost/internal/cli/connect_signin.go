package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

const quickbooksLong = `Signs a connection in to QuickBooks Online, with your own app at Intuit. Prints a link, which works for
half an hour; whoever opens it is asked by Intuit and chooses the company. The tokens are encrypted with
the key for secrets and kept in NATS, where all replicas of deliver find and renew them.

Where the app's redirect URI is on this machine (http://localhost:8085/connect/quickbooks/callback, which
Intuit takes for development keys), this command listens there until it is done. Where connect.public_url
is set, the link leads to deliver's page, and may be sent to somebody else. With --paste nobody listens:
you paste the address at which the browser ends.

A connection that was signed out goes on by itself. Signing in again to another company is refused.

  tradepost connect quickbooks acme-qbo
  tradepost connect quickbooks --status`

type signInOptions struct {
	status  bool
	paste   bool
	replace bool
	noWait  bool
	listen  string
}

func newConnectQuickBooks(g *global) *cobra.Command {
	var o signInOptions
	c := &cobra.Command{
		Use: "quickbooks [CONNECTION]", Short: "Sign a connection in to QuickBooks Online", Long: quickbooksLong, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			connectors, err := deliver.Connectors()
			if err != nil {
				return err
			}
			d := &signInDesk{g: g, cmd: cmd, o: o, connectors: connectors, system: "quickbooks"}
			return d.run(args)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.status, "status", false, "change nothing, and show how the sign-ins are and when they end")
	f.BoolVar(&o.paste, "paste", false, "do not listen: ask for the address at which the browser ends")
	f.BoolVar(&o.replace, "replace", false, "also replace a stored sign-in whose key is lost")
	f.BoolVar(&o.noWait, "no-wait", false, "with connect.public_url: print the link, and do not wait until somebody has signed in")
	f.StringVar(&o.listen, "listen", "", "listen at this `host:port`, where that is not what the redirect URI says")
	return c
}

// signInDesk is one run of the command.
type signInDesk struct {
	g          *global
	cmd        *cobra.Command
	o          signInOptions
	connectors *connector.Registry
	// system is the word of the accounting system.
	system string

	config *connection.Config
	js     jetstream.JetStream
}

func (d *signInDesk) run(args []string) (err error) {
	if d.config, err = d.g.load(); err != nil {
		return err
	}
	if len(args) == 0 && !d.o.status {
		return &usageError{errors.New("name the connection that is signed in, or ask for --status")}
	}
	if len(args) == 1 && d.config.Connections[args[0]] == nil {
		return &usageError{fmt.Errorf("the configuration has no connection %q", args[0])}
	}
	nc, err := d.connect(d.cmd.Context())
	if err != nil {
		return err
	}
	defer nc.Close()
	if d.o.status {
		return d.status(args)
	}
	c, err := d.of(d.config.Connections[args[0]])
	if err != nil {
		return &usageError{err}
	}
	if c.SignIn.System != d.system {
		return &usageError{fmt.Errorf("connection %s is signed in with: tradepost connect %s %s", c.ID, c.SignIn.System, c.ID)}
	}
	return d.signIn(c)
}

// of tells how a connection is signed in.
func (d *signInDesk) of(c *connection.Connection) (grant.Connection, error) {
	return stage.SignIn(d.cmd.Context(), d.config, c, d.connectors, slog.New(slog.DiscardHandler))
}

func (d *signInDesk) connect(ctx context.Context) (*nats.Conn, error) {
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: cmp.Or(d.config.NATS.URL, nats.DefaultURL), CredsFile: d.config.NATS.CredentialsFile, Name: "connect",
		Log: slog.New(slog.DiscardHandler), Extra: []nats.Option{nats.RetryOnFailedConnect(false)},
	})
	if err != nil {
		if d.config.NATS.URL == "" {
			err = fmt.Errorf("%w: does `tradepost up` run? With another --nats-listen, set TRADEPOST_NATS_URL to its address", err)
		}
		return nil, err
	}
	if d.js, err = jetstream.New(nc); err != nil {
		nc.Close()
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	return nc, nil
}

func (d *signInDesk) signIn(c grant.Connection) error {
	keeper, err := signins.Open(d.cmd.Context(), d.config, d.js, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	desk := &grant.Desk{Keeper: keeper, CompanyName: d.companyName, Connection: func(_ context.Context, id string) (grant.Connection, bool) { return c, id == c.ID }}
	ticket, err := desk.Invite(d.cmd.Context(), c.ID, d.o.replace)
	if err != nil {
		return err
	}
	back, err := url.Parse(c.SignIn.RedirectURL)
	if err != nil {
		return &usageError{fmt.Errorf("the redirect URI of connection %s: %w", c.ID, err)}
	}
	public := strings.TrimRight(d.config.Connect.PublicURL, "/")
	switch {
	case d.o.paste:
		return d.paste(desk, c, ticket)
	case public != "" && strings.HasPrefix(c.SignIn.RedirectURL, public+"/"):
		return d.hosted(desk, c, grant.Link(public, c, ticket))
	case d.o.listen != "" || onLoopback(back.Hostname()):
		return d.loopback(desk, c, back, ticket)
	}
	return &usageError{fmt.Errorf("the redirect URI of connection %s is %s, which is neither on this machine nor under connect.public_url: set that, or use --paste", c.ID, c.SignIn.RedirectURL)}
}

// companyName asks QuickBooks for the name of the company that was just signed in to.
func (d *signInDesk) companyName(ctx context.Context, id string, tokens connector.Tokens) (string, error) {
	return stage.CompanyName(ctx, d.config, d.config.Connections[id], d.connectors, func(o *connector.Settings) { o.Tokens = tokens })
}

func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
