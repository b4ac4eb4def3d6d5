package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// ConnectOptions says how to reach the NATS server.
type ConnectOptions struct {
	// URL of the server, or several with commas. Not used with InProcess.
	URL string
	// CredsFile holds the user's JWT and seed; "" connects without.
	CredsFile string
	// Name of the service: shown by the server, part of the inbox prefix, and the
	// source of what it publishes.
	Name string
	// InProcess connects to an embedded server without a socket.
	InProcess nats.InProcessConnProvider
	Log       *slog.Logger
	// OnPermissionError is called when the server refuses a subject: readiness
	// should fail from then on. JetStream calls show it as a time-out only.
	OnPermissionError func(error)
	// Extra options are applied last (tests).
	Extra []nats.Option
}

const (
	// A connection that is half open is noticed after two pings without an answer.
	pingInterval = 5 * time.Second
	maxPingsOut  = 2
	dialTimeout  = 5 * time.Second
)

var notInInbox = regexp.MustCompile(`[^a-zA-Z0-9_-]+`)

// Connect connects, waiting until the server is there or ctx ends. After that the
// connection is kept for ever: it reconnects until it is closed. Wrong credentials
// at the start are an error at once. Replies arrive on _INBOX_<name>.>, so that the
// permissions of one service do not let it read the replies of another.
func Connect(ctx context.Context, o ConnectOptions) (*nats.Conn, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var last atomic.Pointer[error]
	nc, err := nats.Connect(o.URL, o.options(&last)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", o.where(), err)
	}
	if err := o.awaitConnected(ctx, nc, &last); err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to NATS at %s: %w", o.where(), err)
	}
	return nc, nil
}

func (o ConnectOptions) where() string {
	if o.InProcess != nil {
		return "the embedded server"
	}
	return Redacted(o.URL)
}

// Redacted returns server URLs without their passwords and tokens, for logs and errors.
func Redacted(urls string) string {
	all := strings.Split(urls, ",")
	for i, one := range all {
		at := strings.LastIndex(one, "@")
		if at < 0 {
			continue
		}
		start := 0
		if scheme := strings.Index(one, "://"); scheme >= 0 {
			start = scheme + len("://")
		}
		if at >= start {
			all[i] = one[:start] + "xxxxx" + one[at:]
		}
	}
	return strings.Join(all, ",")
}

func (o ConnectOptions) options(last *atomic.Pointer[error]) []nats.Option {
	opts := []nats.Option{
		nats.Name(o.Name), nats.Timeout(dialTimeout), nats.FlusherTimeout(writeTimeout),
		nats.SetCustomDialer(&dialer{net.Dialer{Timeout: dialTimeout}}),
		nats.PingInterval(pingInterval), nats.MaxPingsOutstanding(maxPingsOut),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(500 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, time.Second),
		nats.CustomInboxPrefix("_INBOX_" + notInInbox.ReplaceAllString(o.Name, "_")),
		nats.ErrorHandler(o.onError),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if !nc.IsDraining() && !nc.IsClosed() {
				o.Log.Warn("NATS connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { o.Log.Info("NATS connected again", "server", nc.ConnectedUrlRedacted()) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			last.Store(&err)
			o.Log.Debug("NATS cannot be reached", "error", err)
		}),
		nats.ClosedHandler(func(nc *nats.Conn) { o.Log.Debug("NATS connection closed", "error", nc.LastError()) }),
	}
	if o.CredsFile != "" {
		opts = append(opts, nats.UserCredentials(o.CredsFile))
	}
	if o.InProcess != nil {
		opts = append(opts, nats.InProcessServer(o.InProcess))
	}
	return append(opts, o.Extra...)
}

func (o ConnectOptions) onError(_ *nats.Conn, sub *nats.Subscription, err error) {
	attrs := []any{"error", err}
	if sub != nil {
		attrs = append(attrs, "subject", sub.Subject)
	}
	o.Log.Error("NATS error", attrs...)
	if o.OnPermissionError != nil && (errors.Is(err, nats.ErrPermissionViolation) || isAuthError(err)) {
		o.OnPermissionError(err)
	}
}

func (o ConnectOptions) awaitConnected(ctx context.Context, nc *nats.Conn, last *atomic.Pointer[error]) error {
	changed := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(changed)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for waited := false; !nc.IsConnected(); waited = true {
		err := nc.LastError()
		if tried := last.Load(); tried != nil {
			err = *tried
		}
		if isAuthError(err) || nc.IsClosed() {
			return err
		}
		if !waited {
			o.Log.Warn("waiting for NATS", "server", o.where(), "error", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-changed:
		case <-look.C:
		}
	}
	return nil
}

func isAuthError(err error) bool {
	for _, target := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
