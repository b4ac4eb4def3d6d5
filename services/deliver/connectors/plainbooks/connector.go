// Package plainbooks is the connector to the accounting system of the chaos runs
// (pkg/connector/connectortest/plainbooks), which knows no idempotency key, allows
// several documents of one marker, and shows a new one only some time after it was
// written. The product does not come with it: only the program deliver-chaos is
// linked with it.
package plainbooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	books "github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	kind  = "plainbooks"
	title = "Plain books"
)

// The values of Config.Find.
const (
	FindOn = "on"
	// FindOff cripples the connector: it never finds anything. It exists to show
	// that a chaos run notices what then goes wrong.
	FindOff = "off"
)

// Config is the settings of a connection, as written in YAML.
type Config struct {
	// URL of the books. Required.
	URL string `yaml:"url"`
	// Find is on (default) or off.
	Find string `yaml:"find"`
	// CallTime is the longest that one call takes; default 5 s. A claim lasts 10 s more.
	CallTime time.Duration `yaml:"call_time"`
	// Settling is how long the books may hide a new document; default 2 s.
	Settling time.Duration `yaml:"settling"`
	// Parallel is how many documents are worked on at once; default 8.
	Parallel int `yaml:"parallel"`
}

// Registration makes the connector known under the kind plainbooks.
func Registration() connector.Registration {
	return connector.Registration{Kind: kind, Title: title, New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
		var c Config
		if err := s.Decode(&c); err != nil {
			return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
		}
		return New(c)
	}}
}

// Connector posts to plain books. It is safe for many goroutines.
type Connector struct {
	cfg  Config
	http *http.Client
}

// New makes the connector without calling anybody.
func New(c Config) (*Connector, error) {
	if c.URL == "" {
		return nil, errors.New("setting url: is missing; name the address of the books")
	}
	if c.Find == "" {
		c.Find = FindOn
	}
	if c.Find != FindOn && c.Find != FindOff {
		return nil, fmt.Errorf("setting find: %q is neither %s nor %s", c.Find, FindOn, FindOff)
	}
	c.URL = strings.TrimRight(c.URL, "/")
	if c.CallTime <= 0 {
		c.CallTime = 5 * time.Second
	}
	if c.Settling <= 0 {
		c.Settling = 2 * time.Second
	}
	if c.Parallel <= 0 {
		c.Parallel = 8
	}
	return &Connector{cfg: c, http: &http.Client{Transport: transport(c.Parallel)}}, nil
}

// transport is one of its own, or the one that a test put into the place of the network.
func transport(parallel int) http.RoundTripper {
	if _, network := http.DefaultTransport.(*http.Transport); !network {
		return http.DefaultTransport
	}
	return &http.Transport{MaxIdleConnsPerHost: parallel}
}

// Describe tells deliver what to expect: nothing but a search that lags behind.
func (c *Connector) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: kind, Title: title, CallTimeout: c.cfg.CallTime, SettlingTime: c.cfg.Settling, MaxInFlight: c.cfg.Parallel,
	}
}

// Close gives the connections back.
func (c *Connector) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Company asks whose books these are.
func (c *Connector) Company(ctx context.Context) (connector.Company, error) {
	var have books.Company
	if err := c.get(ctx, "/company", &have); err != nil {
		return connector.Company{}, err
	}
	return connector.Company{ID: have.ID, Name: have.Name}, nil
}

// Check looks whether the books can be reached.
func (c *Connector) Check(ctx context.Context) []*tradepostv1.Fault {
	if _, err := c.Company(ctx); err != nil {
		return []*tradepostv1.Fault{unreachable(err)}
	}
	return nil
}

// Find searches by marker; these books have no other search.
func (c *Connector) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if c.cfg.Find == FindOff {
		return nil, ctx.Err()
	}
	var have books.Found
	if err := c.get(ctx, "/documents?marker="+q.Marker, &have); err != nil {
		return nil, err
	}
	var found []connector.Found
	for _, d := range have.Documents {
		found = append(found, foundOf(d))
	}
	return found, nil
}

func foundOf(d books.Document) connector.Found {
	k := tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	if d.Kind == kindWord(tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO) {
		k = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	}
	return connector.Found{
		Kind: k, ID: d.ID, Number: d.Number, Version: strconv.Itoa(d.Version), Total: d.Total,
		DocumentHash: d.Hash, IssueDate: d.Date, CustomerName: d.Customer, Void: d.Void,
	}
}

func kindWord(k tradepostv1.DocumentKind) string {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return "credit_memo"
	}
	return "invoice"
}

func paper(p connector.Posting) books.Document {
	d := p.Document
	out := books.Document{
		Kind: kindWord(d.GetKind()), Marker: d.GetMarker(), Number: d.GetNumber(), Date: d.GetIssueDate(),
		Customer: d.GetCustomer().GetName(), Total: d.GetTotals().GetTotal(), Tax: d.GetTotals().GetTax(), Hash: p.DocumentHash,
	}
	for _, l := range d.GetLines() {
		out.Lines = append(out.Lines, books.Line{Description: l.GetDescription(), Amount: l.GetAmount()})
	}
	return out
}

var (
	_ connector.Connector = (*Connector)(nil)
	_ connector.Updater   = (*Connector)(nil)
	_ connector.Voider    = (*Connector)(nil)
)
