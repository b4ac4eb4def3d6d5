package doctor

import (
	"context"
	"net/http"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// accountFound is what was found out about one account.
type accountFound struct {
	results []Result
	// neverSent says that no invoice is pending, processed or failed.
	neverSent bool
	// user is whom doctor signed in as; nil where it could not.
	user *servicetrade.User
}

// patient looks at one ServiceTrade account.
type patient struct {
	*doctor
	account *connection.Account
	client  *servicetrade.Client
	web     *http.Client
}

func (d *doctor) patient(a *connection.Account) (p *patient, done func()) {
	st := a.ServiceTrade
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: d.limit, ForceAttemptHTTP2: true}
	p = &patient{doctor: d, account: a, web: &http.Client{Transport: tap{transport}, Timeout: d.limit}}
	p.client = servicetrade.New(servicetrade.Config{
		URL: st.URL, Auth: st.Auth, Username: st.Username, Password: st.Password.Reveal(),
		ClientID: st.ClientID, ClientSecret: st.ClientSecret.Reveal(), MaxParallel: st.MaxParallel,
		HTTPClient: p.web, UserAgent: "tradepost-doctor", RetryDelay: 300 * time.Millisecond,
	})
	return p, transport.CloseIdleConnections
}

func (p *patient) check(name string) check { return check{"account " + p.account.ID, name} }

// account checks one account, and what the running services say of it.
func (d *doctor) account(ctx context.Context, a *connection.Account) accountFound {
	found := d.examine(ctx, a)
	c := check{"account " + a.ID, "shared sign-in"}
	found.results = append(found.results, simply(ctx, d, c, func(ctx context.Context) []Result {
		return d.sharedSignIn(ctx, c, a.ID)
	})...)
	return found
}

// examine looks at ServiceTrade: each step only where the one before it worked.
func (d *doctor) examine(ctx context.Context, a *connection.Account) accountFound {
	p, done := d.patient(a)
	defer done()
	c := p.check("host")
	up, results, _ := bounded(ctx, d, c, p.host)
	if !up {
		return accountFound{results: append(results, p.check("sign-in").skip("the host does not answer, so nothing else was looked at"))}
	}
	user, more := p.enter(ctx)
	results = append(results, more...)
	if user == nil {
		return accountFound{results: results}
	}
	defer p.leave(ctx)
	list, more, _ := bounded(ctx, d, p.check("invoices"), p.invoices)
	results = append(results, more...)
	results = append(results, simply(ctx, d, p.check("filters"), func(ctx context.Context) []Result {
		return p.untaken(ctx, list.pending)
	})...)
	invoices, more, _ := bounded(ctx, d, p.check("records"), func(ctx context.Context) (invoices, []Result) {
		return p.records(ctx, list.sample)
	})
	results = append(results, more...)
	results = append(results, simply(ctx, d, p.check("handed over"), p.voidedWaiting)...)
	results = append(results, simply(ctx, d, p.check("external ids"), func(ctx context.Context) []Result {
		return p.externalIDs(ctx, invoices)
	})...)
	results = append(results, simply(ctx, d, p.check("comments"), func(ctx context.Context) []Result {
		return p.comments(ctx, list.failed)
	})...)
	return accountFound{results: results, neverSent: list.known && !list.everSent, user: user}
}

// enter signs in, if there is something to sign in with.
func (p *patient) enter(ctx context.Context) (user *servicetrade.User, results []Result) {
	c := p.check("sign-in")
	if !p.account.ServiceTrade.CanSignIn() {
		return nil, []Result{c.skip("username or password (auth: oauth2: client_id or client_secret) is missing, so nothing else was looked at")}
	}
	user, results, _ = bounded(ctx, p.doctor, c, p.signIn)
	return user, results
}

func (p *patient) signIn(ctx context.Context) (*servicetrade.User, []Result) {
	c := p.check("sign-in")
	user, err := p.client.Login(ctx)
	if err != nil {
		return nil, []Result{p.refused(c, err, "sign in")}
	}
	who := user.Name
	if user.Username != "" && user.Username != user.Name {
		who += " (" + user.Username + ")"
	}
	r := c.ok("signed in as %s, user %d", who, user.ID)
	if user.CompanyName != "" {
		r.Looked += " of " + user.CompanyName
	}
	if p.account.ServiceTrade.Auth == connection.AuthOAuth2 {
		return &user, []Result{r}
	}
	shared := "All running processes share one"
	if p.config.Secrets.Key.IsZero() {
		shared = "`tradepost up` holds one; separate services without secrets.key_file hold one in each ingest, deliver and reconcile"
	}
	sessions := p.check("sessions").ok("ServiceTrade keeps only a few sessions per user and ends the oldest. %s; doctor held one and ended it. "+
		"Give Tradepost a user of its own, so that people and other programs do not sign it out", shared)
	return &user, []Result{r, sessions}
}

// leave ends the session, also when doctor was stopped.
func (p *patient) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(p.limit, 5*time.Second))
	defer cancel()
	_ = p.client.Logout(ctx) // it will die of age
}
