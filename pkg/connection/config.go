// Package connection reads the configuration: the ServiceTrade accounts, the
// connections that pair each with one company in one accounting system, and
// what the processes need to run. Everything that is wrong with a configuration
// is reported at once, each problem with file, line, column, key and fix.
package connection

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/mapping"
)

// Config is one configuration file with the environment's overrides applied.
// It is never changed after Load, and so may be shared by all goroutines.
type Config struct {
	// DataDir holds what the one binary keeps on disk (its NATS streams). Relative
	// paths in the file start at the file; default "data".
	DataDir string  `yaml:"data_dir" env:"TRADEPOST_DATA_DIR"`
	NATS    NATS    `yaml:"nats"`
	HTTP    HTTP    `yaml:"http"`
	Log     Log     `yaml:"log"`
	Webhook Webhook `yaml:"webhook"`
	Connect Connect `yaml:"connect"`
	// Secrets is what Tradepost's own secrets are encrypted with.
	Secrets Secrets `yaml:"secrets"`
	// Accounts by id.
	Accounts map[string]*Account `yaml:"accounts" env:"-"`
	// Connections by id.
	Connections map[string]*Connection `yaml:"-" env:"-"`
	// Path of the file, as it was given to Load.
	Path string `yaml:"-" env:"-"`
	// Written is when the file was last changed, by the file system's clock; the zero
	// time where that is not known. Of two configurations it tells the newer one.
	Written time.Time `yaml:"-" env:"-"`

	doc     document
	sources *sources
	// badFilters are the connections whose filter could not be read.
	badFilters map[string]bool
}

// NATS tells how to reach the NATS server.
type NATS struct {
	// URL of the server, or several separated by commas. "" means the server
	// inside the one binary, and nats://127.0.0.1:4222 for a separate service.
	URL string `yaml:"url" env:"TRADEPOST_NATS_URL"`
	// CredentialsFile is the path of a .creds file, or "".
	CredentialsFile string `yaml:"credentials_file" env:"TRADEPOST_NATS_CREDENTIALS_FILE"`
	// Replicas of each stream and bucket: 1, 3 or 5; default 1. Only the program
	// that creates them reads it.
	Replicas int `yaml:"replicas" env:"TRADEPOST_NATS_REPLICAS"`
}

// HTTP tells where a process serves its health and metrics.
type HTTP struct {
	// Listen is host:port, or "off"; default 127.0.0.1:8080. Processes that share
	// a machine need a port each (TRADEPOST_HTTP_LISTEN).
	Listen string `yaml:"listen" env:"TRADEPOST_HTTP_LISTEN"`
}

// Log tells what is logged and how.
type Log struct {
	// Level is debug, info, warn or error; default info.
	Level string `yaml:"level" env:"TRADEPOST_LOG_LEVEL"`
	// Format is auto (text on a terminal, JSON otherwise), text or json; default auto.
	Format string `yaml:"format" env:"TRADEPOST_LOG_FORMAT"`
}

// Webhook tells where ServiceTrade's webhooks arrive. They only make things
// faster: the polls find the same invoices later.
type Webhook struct {
	// Listen is host:port, or "off", the default. Only ingest listens, and not on
	// the address of its health pages, which nobody outside should reach.
	Listen string `yaml:"listen" env:"TRADEPOST_WEBHOOK_LISTEN"`
	// PublicURL is the https address under which ServiceTrade reaches Listen, as a
	// rule that of a proxy; "" where no webhook is registered. Only the
	// registration reads it.
	PublicURL string `yaml:"public_url" env:"TRADEPOST_WEBHOOK_PUBLIC_URL"`
}

// WebhookPath begins the path of every webhook's address:
// <public_url>/webhook/<account>/<secret>.
const WebhookPath = "/webhook/"

// WebhookAddress is where ServiceTrade sends what happens in the account. It holds
// the account's secret: whoever knows it can have invoices read in vain, nothing more.
func (c *Config) WebhookAddress(a *Account) string {
	return c.WebhookPrefix(a) + a.ServiceTrade.WebhookSecret.Reveal()
}

// WebhookPrefix begins every address that was ever registered for the account
// under the present public_url, whatever the secret was then.
func (c *Config) WebhookPrefix(a *Account) string {
	return strings.TrimRight(c.Webhook.PublicURL, "/") + WebhookPath + a.ID + "/"
}

// Connect tells where the pages are on which a person signs a connection in to its
// accounting system.
type Connect struct {
	// Listen is host:port, or "off", the default. Only deliver listens, and not on the
	// address of its health pages.
	Listen string `yaml:"listen" env:"TRADEPOST_CONNECT_LISTEN"`
	// PublicURL is the https address under which browsers reach Listen, as a rule that of
	// a proxy; "" where there are no such pages, and `tradepost connect` listens by itself.
	PublicURL string `yaml:"public_url" env:"TRADEPOST_CONNECT_PUBLIC_URL"`
}

// Secrets tells the keys that encrypt what processes share over NATS: the sessions
// and tokens of ServiceTrade, and the sign-ins to accounting systems.
type Secrets struct {
	// KeyFile is the path of a file with the keys, as package keyring reads them: 32
	// bytes in base64, one to a line, the first one in use; or a keyset of Tink. "" means
	// no key, unless the environment has one: then each separate service signs in to
	// ServiceTrade by itself, nobody can sign in to an accounting system, and
	// `tradepost up` makes a key in data_dir.
	KeyFile string `yaml:"key_file" env:"TRADEPOST_SECRETS_KEY_FILE"`
	// Key is what KeyFile or the variable TRADEPOST_SECRETS_KEY holds; empty where
	// there is none.
	Key Secret `yaml:"-" env:"-"`
}

// Ring returns the keys.
func (s Secrets) Ring() (*keyring.Ring, error) {
	ring, err := keyring.Parse(s.Key.Reveal())
	if err != nil {
		return nil, fmt.Errorf("the keys for secrets (secrets.key_file, or TRADEPOST_SECRETS_KEY): %w", err)
	}
	return ring, nil
}

// Bytes returns 32 bytes of the key in use: the key itself, where it is no keyset of Tink.
func (s Secrets) Bytes() ([]byte, error) {
	ring, err := s.Ring()
	if err != nil {
		return nil, err
	}
	return ring.Primary(), nil
}

// Account is one ServiceTrade account.
type Account struct {
	// ID is the account's key in the file. It is part of keys and markers, and
	// never renamed.
	ID           string       `yaml:"-"`
	ServiceTrade ServiceTrade `yaml:"servicetrade"`
	// TimeZone is the IANA name of the zone in which ServiceTrade's times become
	// calendar dates. It has no default: a wrong one moves invoices between days,
	// and so between accounting periods.
	TimeZone string `yaml:"time_zone"`

	location *time.Location
}

// Location returns the account's time zone, or nil when TimeZone is none.
func (a *Account) Location() *time.Location {
	if a.location != nil {
		return a.location
	}
	location, err := loadZone(a.TimeZone)
	if err != nil {
		return nil
	}
	return location
}

// ServiceTrade tells how to reach the account, and what is known of it.
type ServiceTrade struct {
	// URL of the API, with its /api; default https://api.servicetrade.com/api.
	URL string `yaml:"url"`
	// Auth is how Tradepost signs in: "session" (user name and password) or
	// "oauth2" (an OAuth2 client); default session.
	Auth     string `yaml:"auth"`
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	// ClientID and ClientSecret are those of the OAuth2 client.
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"`
	// InvoiceEntityType is the number by which ServiceTrade's comments call an
	// invoice. It is not published and has no default: without it no comment
	// could be written, and so no invoice marked as failed.
	InvoiceEntityType int `yaml:"invoice_entity_type"`
	// PollInterval is the time between two looks for pending invoices; default 30 s.
	PollInterval time.Duration `yaml:"poll_interval"`
	// MaxParallel is how many calls may be under way at once, over all processes
	// and replicas together; default 4.
	MaxParallel int `yaml:"max_parallel"`
	// CallsPerMinute is how many calls may begin in a minute, over all of them; 0
	// means any number, and is the default.
	CallsPerMinute int `yaml:"calls_per_minute"`
	// ExternalSystem is the name of the external system whose ids are kept with
	// customers and items; "" where the account keeps none.
	ExternalSystem string `yaml:"external_system"`
	// AppURL is the web application's address, for links; default https://app.servicetrade.com.
	AppURL string `yaml:"app_url"`
	// WebhookSecret is the part of the webhook's address that nobody can guess, the
	// only proof that a message comes from ServiceTrade. None where the account has
	// no webhook.
	WebhookSecret Secret `yaml:"webhook_secret"`
}

// The values of ServiceTrade.Auth.
const (
	AuthSession = "session"
	AuthOAuth2  = "oauth2"
)

// Identity is whom Tradepost signs in as: the user name, or the OAuth2 client.
func (s ServiceTrade) Identity() string {
	if s.Auth == AuthOAuth2 {
		return s.ClientID
	}
	return s.Username
}

// CanSignIn says that there is something to sign in with.
func (s ServiceTrade) CanSignIn() bool {
	if s.Auth == AuthOAuth2 {
		return s.ClientID != "" && !s.ClientSecret.IsZero()
	}
	return s.Username != "" && !s.Password.IsZero()
}

// setDefaults fills in what a file need not say.
func (s *ServiceTrade) setDefaults() {
	s.URL = "https://api.servicetrade.com/api"
	s.Auth = AuthSession
	s.PollInterval = 30 * time.Second
	s.MaxParallel = 4
	s.AppURL = "https://app.servicetrade.com"
}

// SetDefaults implements strictyaml.Defaulter.
func (a *Account) SetDefaults() { a.ServiceTrade.setDefaults() }

// Connection is one account paired with one company in one accounting system.
type Connection struct {
	// ID is the connection's key in the file. It is in subjects and keys, and
	// never renamed or used again.
	ID string
	// Account is the account that AccountID names.
	Account   *Account
	AccountID string
	// Connector is the kind of the connector: hledger, quickbooksonline.
	Connector string
	// Enabled is false for a connection whose invoices wait; default true.
	Enabled bool
	// Resend is what becomes of an invoice that was posted, is changed and sent again:
	// ResendUpdate (default) or ResendReject.
	Resend string
	// MappingFile is the path of the mapping.
	MappingFile string
	// Mapping is what MappingFile holds.
	Mapping *mapping.Mapping
	// DecodeSettings reads the connection's settings into a pointer to a struct
	// with yaml tags. Its error lists every problem, with places in the
	// configuration file. Settings may hold fields of type Secret. Where into has
	// a method Validate() error, that is called too.
	DecodeSettings func(into any) error
	// DisplayName is how people call the connection; default its id.
	DisplayName string
	// WriteExternalIDs says that the id which a customer has in the books is written
	// to its company or location in ServiceTrade, where that has no external id yet;
	// default false. It needs the account's ExternalSystem.
	WriteExternalIDs bool
	// Filter says which invoices of the account the connection takes; nil takes all,
	// and is refused where the account has another connection.
	Filter *Filter

	// written stands for what the file says, and the secrets that it names.
	written string
}

// Dir is the directory of the configuration file, where relative paths start.
func (c *Config) Dir() string { return filepath.Dir(c.Path) }

// EnabledConnections returns the enabled connections in the order of their ids.
func (c *Config) EnabledConnections() []*Connection {
	var enabled []*Connection
	for _, id := range slices.Sorted(maps.Keys(c.Connections)) {
		if conn := c.Connections[id]; conn.Enabled {
			enabled = append(enabled, conn)
		}
	}
	return enabled
}
