package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
)

const systemNATS = "nats"

// ownServer is the name of the server inside `tradepost up`.
const ownServer = "tradepost"

// checkNATS checks server and streams, and gives the connection to the checks that
// wait for it. disconnect ends it, once they are done.
func (d *doctor) checkNATS(ctx context.Context) (results []Result, disconnect func()) {
	c := check{systemNATS, "server"}
	nc, results, _ := bounded(ctx, d, c, d.connectNATS)
	if nc == nil {
		d.found(nil, "NATS was not reached")
		return results, func() {}
	}
	js, err := jetstream.New(nc)
	if err != nil {
		d.found(nil, "NATS was not reached")
		return append(results, c.fail(operator, "Report this to whoever maintains Tradepost.", "open JetStream: %v", err)), nc.Close
	}
	fit, more, _ := bounded(ctx, d, c, func(ctx context.Context) (bool, []Result) { return c.version(ctx, js) })
	results = append(results, more...)
	if !fit {
		d.found(nil, "the NATS server cannot be used")
		return results, nc.Close
	}
	d.found(js, "")
	c.name = "streams"
	results = append(results, simply(ctx, d, c, func(ctx context.Context) []Result {
		return streams(ctx, c, js, d.config.NATS.Replicas)
	})...)
	c.name = "invoices"
	return append(results, simply(ctx, d, c, func(ctx context.Context) []Result { return d.onTheWay(ctx, js) })...), nc.Close
}

func (d *doctor) connectNATS(ctx context.Context) (*nats.Conn, []Result) {
	c := check{systemNATS, "server"}
	at := d.config.NATS.URL
	if at == "" {
		return d.connectOwn(ctx, c)
	}
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: at, CredsFile: d.config.NATS.CredentialsFile, Name: "doctor", Extra: []nats.Option{nats.RetryOnFailedConnect(false)},
	})
	if err != nil {
		fix := "Check nats.url, and whether the server runs there. Nothing is lost: invoices stay pending in ServiceTrade meanwhile."
		if errors.Is(err, nats.ErrAuthorization) {
			fix = "Check nats.credentials_file, and the permissions of its user."
		}
		shown := withoutPasswords(at)
		why := strings.TrimPrefix(strings.ReplaceAll(err.Error(), at, shown), "connect to NATS at "+shown+": ")
		return nil, []Result{c.fail(operator, fix, "no connection: %s", why).looked("%s", shown)}
	}
	return nc, []Result{c.reached(nc)}
}

func (c check) reached(nc *nats.Conn) Result {
	return c.ok("%s answers, version %s", nc.ConnectedUrlRedacted(), nc.ConnectedServerVersion())
}

// connectOwn looks for the server of a `tradepost up` that runs; it need not.
func (d *doctor) connectOwn(ctx context.Context, c check) (*nats.Conn, []Result) {
	own := c.ok("nats.url is not set: `tradepost up` runs its own server, with its files in %s", d.config.DataDir)
	if d.OwnNATS == "" {
		return nil, []Result{own}
	}
	nc, err := bus.Connect(ctx, bus.ConnectOptions{URL: d.OwnNATS, Name: "doctor", Extra: []nats.Option{nats.RetryOnFailedConnect(false)}})
	if err != nil {
		own.Looked += "; it does not run now, or does not listen at " + d.OwnNATS +
			". If it listens elsewhere (--nats-listen), say where: TRADEPOST_NATS_URL=nats://HOST:PORT tradepost doctor"
		return nil, []Result{own}
	}
	if nc.ConnectedServerName() != ownServer {
		return nc, []Result{c.reached(nc), c.warn(operator,
			"Set nats.url to use it, or give `tradepost up` another --nats-listen and name that to doctor with TRADEPOST_NATS_URL.",
			"nats.url is not set, but a NATS server that is not Tradepost's own listens at %s", d.OwnNATS)}
	}
	own = c.reached(nc)
	own.Looked += ": it is the one inside `tradepost up`"
	return nc, []Result{own}
}

// everything stands in for a server that has all streams, so that bus.Verify tells
// only what it has against the server itself.
type everything struct{ jetstream.JetStream }

func (everything) Stream(context.Context, string) (jetstream.Stream, error) { return nil, nil } //nolint:nilnil // Verify looks at the error only

func (c check) version(ctx context.Context, js jetstream.JetStream) (bool, []Result) {
	if err := bus.Verify(ctx, everything{js}); err != nil {
		return false, []Result{c.fail(operator, "Install a newer nats-server, or switch JetStream on in it.", "%v", err)}
	}
	return true, nil
}

// withoutPasswords is a list of server addresses without user and password.
func withoutPasswords(list string) string {
	shown := strings.Split(list, ",")
	for i, one := range shown {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" {
			shown[i] = "(no usable address)"
			continue
		}
		shown[i] = fmt.Sprintf("%s://%s", u.Scheme, u.Host)
	}
	return strings.Join(shown, ",")
}
