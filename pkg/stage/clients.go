package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/calls"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/signin"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	// callTimeout bounds one call to ServiceTrade, its answer included.
	callTimeout = 60 * time.Second
	// idleCalls is the least number of connections that are kept for an account.
	idleCalls = 4
	// lateCalls is how long a client that was replaced may still be used: what is
	// under way ends within the drain time.
	lateCalls = 45 * time.Second
	// logoutTime bounds the good-bye to ServiceTrade, which keeps few sessions per
	// user, and logoutsAtOnce the good-byes at the same time.
	logoutTime    = 5 * time.Second
	logoutsAtOnce = 16
)

// ClientSet is the ServiceTrade clients of a stage, one for each account of the
// configuration in force. It is safe for concurrent use.
type ClientSet struct {
	deps    runtime.Deps
	counted *telemetry.Calls
	store   *signin.Store // nil without a key for secrets
	live    *connection.Live

	mu      sync.Mutex
	clients map[string]madeClient
	late    map[*servicetrade.Client]lateClient
}

// lateClient was replaced, and may still be used.
type lateClient struct {
	timer *time.Timer
	idle  func()
}

type madeClient struct {
	client *servicetrade.Client
	// idle closes the client's connections that nobody uses.
	idle func()
	// of is the fingerprint of what it was made from.
	of string
}

// Clients makes one ServiceTrade client for each account. With a key for secrets they
// share their sign-ins with all other processes over NATS. Their calls are counted
// and traced by counted.
func Clients(ctx context.Context, d runtime.Deps, counted *telemetry.Calls) (*ClientSet, error) {
	store, err := signIns(ctx, d)
	if err != nil {
		return nil, err
	}
	s := &ClientSet{
		deps: d, counted: counted, store: store, live: d.Configuration(),
		clients: map[string]madeClient{}, late: map[*servicetrade.Client]lateClient{},
	}
	s.Follow(s.live.Current())
	if d.Health != nil {
		d.Health.AddReadiness("servicetrade", s.troubles)
	}
	return s, nil
}

// Of returns the client that was made for the account as a describes it. Where the
// configuration in force has another one, or none, it is an error: what is made now
// would be of two configurations, and is made anew with the next one. Whoever keeps
// the client is made anew when the account changes.
func (s *ClientSet) Of(a *connection.Account) (*servicetrade.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, known := s.clients[a.ID]
	if !known || made.of != madeFrom(a) {
		return nil, fmt.Errorf("account %s: the configuration in force has changed meanwhile", a.ID)
	}
	return made.client, nil
}

// All returns the clients by account.
func (s *ClientSet) All() map[string]*servicetrade.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]*servicetrade.Client, len(s.clients))
	for id, made := range s.clients {
		all[id] = made.client
	}
	return all
}

// Follow makes the clients what c says. One that is replaced ends its calls, and
// signs out later unless its sign-in is shared.
func (s *ClientSet) Follow(c *connection.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, made := range s.clients {
		if a := c.Accounts[id]; a == nil || madeFrom(a) != made.of {
			delete(s.clients, id)
			s.late[made.client] = lateClient{timer: time.AfterFunc(lateCalls, func() { s.leave(made.client) }), idle: made.idle}
		}
	}
	for id, a := range c.Accounts {
		if _, made := s.clients[id]; !made {
			client, idle := s.client(a)
			s.clients[id] = madeClient{client: client, idle: idle, of: madeFrom(a)}
		}
	}
}

// madeFrom differs when a client has to be made anew.
func madeFrom(a *connection.Account) string {
	st := a.ServiceTrade
	text := fmt.Sprintf("%q %q %q %q %q %d %d", st.URL, st.Auth, st.Identity(), st.Password.Reveal(), st.ClientSecret.Reveal(),
		st.MaxParallel, st.CallsPerMinute)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *ClientSet) client(a *connection.Account) (client *servicetrade.Client, idle func()) {
	st := a.ServiceTrade
	c := plain(a, s.deps.Log)
	c.HTTPClient, idle = httpClient(st.MaxParallel, s.counted)
	c.Limiter = calls.New(s.deps.JS, calls.Limits{Account: a.ID, Parallel: st.MaxParallel, PerMinute: st.CallsPerMinute}, s.deps.Log)
	if s.store != nil {
		c.Vault = s.store.Vault(a.ID, st.URL, st.Auth, st.Identity())
	}
	return servicetrade.New(c), idle
}

// leave signs a client out that was replaced, and closes its connections.
func (s *ClientSet) leave(c *servicetrade.Client) {
	s.mu.Lock()
	late, known := s.late[c]
	delete(s.late, c)
	s.mu.Unlock()
	if known {
		logout(context.Background(), c)
		late.idle()
	}
}

// Logout signs out of what is not shared with other processes, when the stage ends.
func (s *ClientSet) Logout(ctx context.Context) {
	s.mu.Lock()
	all := make([]*servicetrade.Client, 0, len(s.clients)+len(s.late))
	for _, made := range s.clients {
		all = append(all, made.client)
	}
	for c, late := range s.late {
		late.timer.Stop()
		all = append(all, c)
	}
	clear(s.late)
	s.mu.Unlock()
	var g errgroup.Group
	g.SetLimit(logoutsAtOnce)
	for _, c := range all {
		g.Go(func() error {
			logout(ctx, c)
			return nil
		})
	}
	_ = g.Wait()
}

func logout(ctx context.Context, c *servicetrade.Client) {
	ctx, cancel := context.WithTimeout(ctx, logoutTime)
	defer cancel()
	_ = c.Logout(ctx)
}

// troubles tells which accounts wait, and for whom. Only where all of them are
// signed out has the process nothing to do.
func (s *ClientSet) troubles() error {
	clients := s.All()
	used, out := map[string]bool{}, 0
	var told []string
	for _, c := range s.live.Current().EnabledConnections() {
		if used[c.AccountID] || clients[c.AccountID] == nil {
			continue
		}
		used[c.AccountID] = true
		t := clients[c.AccountID].Trouble()
		if t == nil {
			continue
		}
		told = append(told, fmt.Sprintf("account %s waits: %s", c.AccountID, t))
		if t.Reason != servicetrade.ReasonForbidden {
			out++
		}
	}
	if more := len(told) - maxNamed; more > 0 {
		told = append(told[:maxNamed], fmt.Sprintf("and %d more", more))
	}
	switch {
	case len(told) == 0:
		return nil
	case out == len(used):
		return errors.New(strings.Join(told, "; "))
	default:
		return runtime.Notice(strings.Join(told, "; "))
	}
}

// signIns opens the place of the shared sign-ins; nil without a key.
func signIns(ctx context.Context, d runtime.Deps) (*signin.Store, error) {
	secrets := d.Configuration().Current().Secrets
	if secrets.Key.IsZero() {
		d.Log.WarnContext(ctx, "sign-ins to ServiceTrade are not shared: there is no key for secrets (secrets.key_file, or TRADEPOST_SECRETS_KEY); "+
			"this process signs in by itself")
		return nil, nil
	}
	raw, err := secrets.Bytes()
	if err != nil {
		return nil, err
	}
	key, err := signin.NewKey(raw)
	if err != nil {
		return nil, err
	}
	return signin.Open(ctx, d.JS, key, d.Log)
}

// httpClient is one account's: as many idle connections as calls at the same time.
// idle closes those that nobody uses.
func httpClient(parallel int, calls *telemetry.Calls) (c *http.Client, idle func()) {
	t, idle := http.DefaultTransport, func() {}
	if standard, ok := t.(*http.Transport); ok {
		own := standard.Clone()
		own.MaxIdleConnsPerHost = max(parallel, idleCalls)
		t, idle = own, own.CloseIdleConnections
	}
	return &http.Client{Timeout: callTimeout, Transport: calls.Transport(t)}, idle
}
