// Package webhook is the connector to an endpoint of the user's own: a document is a
// signed POST (Standard Webhooks) that carries an idempotency key, and a signed GET asks
// what is there. Bodies are the messages of proto/tradepost/v1/connector.proto, as JSON.
package webhook

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const kind = "webhook"

// Registration makes the connector known under the kind webhook.
func Registration() connector.Registration {
	return connector.Registration{Kind: kind, Title: "Webhook", New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
		var c Config
		if err := s.Decode(&c); err != nil {
			return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
		}
		return New(c, s)
	}}
}

// Connector posts to an endpoint. It is safe for many goroutines.
type Connector struct {
	cfg                 Config
	keys                []Key
	connection, account string
	http                *http.Client
	called              func(connector.Call)
}

// New makes the connector without calling anybody. What it returns implements
// connector.Updater, Voider and PreviewChecker as far as Config.Can says so.
func New(c Config, s connector.Settings) (connector.Connector, error) {
	keys, err := c.complete()
	if err != nil {
		return nil, err
	}
	called := s.Called
	if called == nil {
		called = func(connector.Call) {}
	}
	own := http.DefaultTransport.(*http.Transport).Clone()
	own.MaxIdleConnsPerHost = c.Parallel
	base := &Connector{
		cfg: c, keys: keys, connection: s.Connection, account: s.Account, called: called,
		// An answer that sends a call elsewhere would take the document there.
		http: &http.Client{Transport: own, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	return base.with(slices.Contains(c.Can, CanUpdate), slices.Contains(c.Can, CanVoid), slices.Contains(c.Can, CanPreview)), nil
}

// Describe tells what the settings say of the endpoint.
func (c *Connector) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: kind, Title: c.cfg.Title, CallTimeout: c.cfg.CallTimeout, SettlingTime: c.cfg.SettlingTime,
		MaxInFlight: c.cfg.Parallel, AtomicMarker: c.cfg.AtomicMarker, AssignsNumber: c.cfg.AssignsNumber,
		Limits: connector.LimitsOf(kind),
	}
}

// RemembersKeys implements connector.IdempotentCreator.
func (c *Connector) RemembersKeys() time.Duration { return c.cfg.RemembersKeys }

// Location names the endpoint. Of a query, which may hold a key, only a hash is told.
func (c *Connector) Location() string {
	address, query, has := strings.Cut(c.cfg.URL, "?")
	if !has {
		return address
	}
	return fmt.Sprintf("%s?%x", address, sha256.Sum256([]byte(query)))
}

// Close gives the connections back.
func (c *Connector) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Check asks whose books these are: the endpoint answers, and knows our signature.
func (c *Connector) Check(ctx context.Context) []*tradepostv1.Fault {
	_, err := c.Company(ctx)
	return c.troubles(err)
}

var (
	_ connector.Connector         = (*Connector)(nil)
	_ connector.IdempotentCreator = (*Connector)(nil)
	_ connector.Located           = (*Connector)(nil)
	_ connector.ReferenceLister   = (*Connector)(nil)
)
