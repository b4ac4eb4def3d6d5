// Package servicetrade talks to the REST API of ServiceTrade: one client per
// account, with one shared session or token, a limit on parallel calls, and decoders that
// accept every shape that the API has been seen to answer with.
//
// Reads are repeated when ServiceTrade is away. Writes never are: a write whose
// answer was lost is an error for which WriteUncertain is true, and the caller
// looks before it writes again.
package servicetrade

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	defaultTimeout     = 60 * time.Second
	defaultMaxParallel = 4
	defaultRetryDelay  = 2 * time.Second
	defaultUserAgent   = "tradepost"
)

// Config says which ServiceTrade account a Client talks to, and how.
type Config struct {
	// URL is the host with or without the path /api, for example
	// https://api.servicetrade.com or https://app.servicetrade.com/api.
	URL string
	// Auth is AuthSession or AuthOAuth2; "" means AuthSession.
	Auth string
	// Username and Password are those of the account's integration user.
	Username string
	Password string
	// ClientID and ClientSecret are those of the account's OAuth2 client.
	ClientID     string
	ClientSecret string
	// Vault keeps the session or token, for all clients whose vaults keep it in
	// the same place; nil keeps it in this client alone.
	Vault Vault
	// HTTPClient carries the calls; nil makes one with a timeout of 60 s. Its
	// redirect policy and cookie jar are not used.
	HTTPClient *http.Client
	// MaxParallel is the most calls in flight at once; 0 means 4.
	MaxParallel int
	// Limiter holds limits that others share; nil: MaxParallel of this client alone.
	Limiter Limiter
	// Log receives logins, retries and (at debug level) every call; nil discards.
	// Neither password nor session token is ever written to it.
	Log *slog.Logger
	// UserAgent is the User-Agent header; "" means "tradepost".
	UserAgent string
	// RetryDelay is the pause before the first retry of a read, doubled for each
	// further one, less up to half of it by chance; 0 means 2 s.
	RetryDelay time.Duration
	// Now is the clock that the pause after a failed login is measured with; nil
	// means time.Now.
	Now func() time.Time
}

// Client reads and writes one ServiceTrade account. It is safe for concurrent
// use and logs in by itself when the first call needs a session.
type Client struct {
	base     *url.URL
	baseErr  error
	auth     string
	username string
	password string
	clientID string
	// clientSecret is that of the OAuth2 client.
	clientSecret string
	agent        string
	http         *http.Client
	slots        chan struct{}
	limiter      Limiter
	log          *slog.Logger
	delay        time.Duration
	now          func() time.Time
	pause        func(context.Context, time.Duration) error
	keeper       *keeper
}

// New makes a Client. It calls nobody: a URL that cannot be used is reported by
// the first call.
func New(cfg Config) *Client {
	c := &Client{
		auth:     orDefault(cfg.Auth, AuthSession),
		username: cfg.Username, password: cfg.Password, clientID: cfg.ClientID, clientSecret: cfg.ClientSecret,
		agent:   orDefault(cfg.UserAgent, defaultUserAgent),
		slots:   make(chan struct{}, orDefault(max(cfg.MaxParallel, 0), defaultMaxParallel)),
		limiter: cfg.Limiter,
		log:     orDefault(cfg.Log, slog.New(slog.DiscardHandler)),
		delay:   orDefault(max(cfg.RetryDelay, 0), defaultRetryDelay),
		now:     cfg.Now,
		pause:   pause,
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.keeper = c.newKeeper(cfg.Vault)
	c.base, c.baseErr = parseBase(cfg.URL)
	c.http = httpClient(cfg.HTTPClient, cap(c.slots))
	return c
}

func (c *Client) newKeeper(vault Vault) *keeper {
	k := &keeper{vault: vault, shared: vault != nil, owner: rand.Text(), gate: make(chan struct{}, 1)}
	if vault == nil {
		k.vault = &memory{now: c.now}
	}
	k.credentials = k.vault.Fingerprint(c.auth, c.username, c.password, c.clientID, c.clientSecret)
	return k
}

// httpClient copies given without its jar (the session is ours to keep) and
// without redirects: following one turns a PUT into a GET, whose answer would
// pass for that of the write.
func httpClient(given *http.Client, parallel int) *http.Client {
	var own http.Client
	if given != nil {
		own = *given
	} else {
		own.Timeout = defaultTimeout
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t = t.Clone()
			t.MaxIdleConnsPerHost = parallel
			own.Transport = t
		}
	}
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

func orDefault[T comparable](given, otherwise T) T {
	var zero T
	if given == zero {
		return otherwise
	}
	return given
}
