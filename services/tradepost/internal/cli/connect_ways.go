package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/grant/page"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// linkLife is how long a link works, as people are told.
const linkLife = 30 * time.Minute

var errLinkOver = errors.New("nobody signed in within half an hour, and the link is not valid any more: run the command again")

// errStopped is for who ended the command that the link needs.
var errStopped = errors.New("it was stopped before somebody had signed in, and the link works no more: run the command again")

// loopback serves the pages here, until somebody has signed in.
func (d *signInDesk) loopback(desk *grant.Desk, c grant.Connection, back *url.URL, ticket string) error {
	ctx, cancel := context.WithTimeout(d.cmd.Context(), linkLife)
	defer cancel()
	ended := make(chan error, 1)
	pages := page.New(page.Options{Desk: desk, Log: slog.New(slog.DiscardHandler), Done: func(f grant.Finished, err error) { d.came(f, err, ended) }})
	web, err := runtime.ListenFor("--listen, or the redirect URI of connection "+c.ID, cmp.Or(d.o.listen, listenAt(back)), pages)
	if err != nil {
		return err
	}
	link := grant.Link(back.Scheme+"://"+back.Host, c, ticket)
	d.tell("Open this address in a browser on this machine. It works for half an hour:\n\n  %s\n\n", link)
	serving, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.Go(func() error {
		defer stop()
		select {
		case <-serving.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		}
	})
	g.Go(func() error {
		defer stop()
		return web.Serve(serving)
	})
	switch err = g.Wait(); {
	case errors.Is(err, context.DeadlineExceeded):
		return errLinkOver
	case errors.Is(err, context.Canceled):
		return errStopped
	}
	return err
}

// listenAt is where a redirect URI on this machine leads.
func listenAt(back *url.URL) string {
	return net.JoinHostPort(back.Hostname(), cmp.Or(back.Port(), "80"))
}

// came is told of every browser that came back. Only success ends the command: who said
// no by mistake opens the link once more.
func (d *signInDesk) came(f grant.Finished, err error, ended chan<- error) {
	if err != nil {
		d.tell("Not signed in: %v.\nThe link still works.\n", err)
		return
	}
	select {
	case ended <- d.signedIn(f):
	default:
	}
}

func (d *signInDesk) signedIn(f grant.Finished) error {
	_, err := fmt.Fprintf(d.cmd.OutOrStdout(), "connection %s is signed in to %s, company %s. Deliver takes up its work within a minute: tradepost doctor\n", f.Connection.ID, f.Connection.SignIn.Title, f.CompanyText())
	return err
}

// tell writes what is for the person, and no result.
func (d *signInDesk) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(d.cmd.ErrOrStderr(), format, args...)
}

// paste has the person carry the browser's address over.
func (d *signInDesk) paste(desk *grant.Desk, c grant.Connection, ticket string) error {
	b, err := desk.Begin(d.cmd.Context(), c.SignIn.System, c.ID, ticket)
	if err != nil {
		return err
	}
	d.tell("1. Open this address in a browser, and sign in:\n\n  %s\n\n2. The browser ends at an address that begins with %s. Paste the whole of it here, within 15 minutes:\n\n> ",
		b.URL, c.SignIn.RedirectURL)
	line, err := bufio.NewReader(io.LimitReader(d.cmd.InOrStdin(), 64<<10)).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || strings.TrimSpace(line) == "") {
		return fmt.Errorf("read the address: %w", err)
	}
	at, err := url.Parse(strings.TrimSpace(line))
	if err != nil || at.Query().Get("state") == "" {
		return errors.New("that is not the address at which the browser ended: it has code, state and " + c.SignIn.CompanyParam + " in it. Run the command again")
	}
	f, err := desk.Finish(d.cmd.Context(), c.SignIn.System, at.Query(), b.Browser)
	if err != nil {
		return err
	}
	return d.signedIn(f)
}

// hosted leaves the pages to deliver, and waits until somebody has signed in.
func (d *signInDesk) hosted(desk *grant.Desk, c grant.Connection, link string) error {
	before, err := grant.States(d.cmd.Context(), d.js)
	if err != nil {
		return err
	}
	if d.o.noWait {
		_, err := fmt.Fprintln(d.cmd.OutOrStdout(), link)
		return err
	}
	d.tell("Whoever opens this address signs connection %s in. It works for half an hour, and once:\n\n  %s\n\nThis command waits until that is done; it may be ended before.\n", c.ID, link)
	ctx, cancel := context.WithTimeout(d.cmd.Context(), linkLife)
	defer cancel()
	kv, err := d.js.KeyValue(ctx, bus.BucketGrants)
	if err != nil {
		return fmt.Errorf("watch the sign-ins: %w", err)
	}
	watch, err := kv.Watch(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("watch the sign-ins: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return errLinkOver
		case <-watch.Updates():
			now, err := grant.States(ctx, d.js)
			if err == nil && now[c.ID].SignedIn.After(before[c.ID].SignedIn) {
				// Where the name is not told the id has to do.
				name, _ := d.companyName(ctx, c.ID, desk.Keeper.Tokens(c.ID, c.SignIn))
				return d.signedIn(grant.Finished{Connection: c, Company: now[c.ID].Company, CompanyName: name})
			}
		}
	}
}
