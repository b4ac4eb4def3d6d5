package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// renewBefore is how long before its end an access token is renewed; one that lives
	// shorter than twice as long is renewed at half its life.
	renewBefore = 5 * time.Minute
	// accessLife is taken where the answer says nothing of it.
	accessLife    = time.Hour
	maxAccessLife = 30 * 24 * time.Hour
	maxLife       = 100 * 365 * 24 * time.Hour
	// maxText bounds what is kept of a vendor's error text.
	maxText = 200
)

// pair is what the accounting system gives for a code or a refresh token.
type pair struct {
	access  Access
	refresh Refresh
	ends    time.Time
	// used is the refresh token that it was given for, "" for a code, and refusedAccess
	// the access token that made it necessary, if one did.
	used, refusedAccess string
}

// failure is a call to the token endpoint that gave nothing.
type failure struct {
	reason     string
	cause      string
	requestID  string
	retryAfter time.Duration
}

// endpoint is the accounting system's address for tokens.
type endpoint struct {
	app  connector.SignIn
	http *http.Client
	now  func() time.Time
}

func newEndpoint(app connector.SignIn, base *http.Client, now func() time.Time) *endpoint {
	c := *base
	c.Transport = headers{base: c.Transport, add: app.Header}
	// A redirect would carry secrets to who knows where.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &endpoint{app: app, http: &c, now: now}
}

func (e *endpoint) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID: e.app.ClientID, ClientSecret: e.app.ClientSecret, RedirectURL: e.app.RedirectURL, Scopes: e.app.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: e.app.AuthorizeURL, TokenURL: e.app.TokenURL, AuthStyle: oauth2.AuthStyleInHeader},
	}
}

// renew gives a refresh token, and gets a pair.
func (e *endpoint) renew(ctx context.Context, refresh string) (pair, *failure) {
	began := e.now()
	tok, err := e.config().TokenSource(context.WithValue(ctx, oauth2.HTTPClient, e.http), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return pair{}, e.failed(err, refresh)
	}
	p, f := e.pairOf(tok, began)
	p.used = refresh
	return p, f
}

// exchange gives the code of a redirect, and gets the first pair.
func (e *endpoint) exchange(ctx context.Context, code string) (pair, *failure) {
	began := e.now()
	tok, err := e.config().Exchange(context.WithValue(ctx, oauth2.HTTPClient, e.http), code)
	if err != nil {
		return pair{}, e.failed(err, code)
	}
	return e.pairOf(tok, began)
}

func (e *endpoint) pairOf(tok *oauth2.Token, began time.Time) (pair, *failure) {
	away := func(cause string) (pair, *failure) { return pair{}, &failure{reason: ReasonAway, cause: cause} }
	switch {
	case !strings.EqualFold(tok.Type(), "bearer"):
		return away("the answer holds a token of another type than bearer")
	case unfit(tok.AccessToken):
		return away("the answer holds an access token that no header can carry")
	case tok.RefreshToken == "":
		return away("the answer holds no refresh token")
	}
	life := accessLife
	if tok.ExpiresIn > 0 {
		life = time.Duration(min(tok.ExpiresIn, int64(maxAccessLife/time.Second))) * time.Second
	}
	p := pair{
		access:  Access{Token: tok.AccessToken, Expires: began.Add(life), Renew: began.Add(life - min(renewBefore, life/2))},
		refresh: Refresh{Token: tok.RefreshToken, Since: e.now()},
	}
	idle := seconds(tok.Extra(e.app.RefreshLifeField))
	if idle == 0 {
		idle = e.app.RefreshLife
	}
	if idle > 0 {
		p.refresh.Ends = began.Add(idle)
	}
	if hard := seconds(tok.Extra(e.app.HardLifeField)); hard > 0 {
		p.ends = began.Add(hard)
	}
	return p, nil
}

// seconds reads a length of time, a number or its text; 0 where it is none.
func seconds(v any) time.Duration {
	n := 0.0
	switch v := v.(type) {
	case float64:
		n = v
	case int64:
		n = float64(v)
	case json.Number:
		n, _ = v.Float64()
	case string:
		n, _ = strconv.ParseFloat(strings.TrimSpace(v), 64)
	}
	if math.IsNaN(n) || n <= 0 {
		return 0
	}
	return time.Duration(min(n, maxLife.Seconds())) * time.Second
}

// unfit says that a token would break out of the header that carries it.
func unfit(token string) bool {
	return token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// failed tells from an error what is wrong. Only what names a dead grant counts as
// one: anything else may be over by itself.
func (e *endpoint) failed(err error, given string) *failure {
	told, is := errors.AsType[*oauth2.RetrieveError](err)
	if !is {
		return &failure{reason: ReasonAway, cause: e.clean(err.Error(), given)}
	}
	f := &failure{reason: ReasonAway, cause: e.clean(strings.TrimSpace(told.ErrorCode+" "+told.ErrorDescription), given)}
	if told.Response != nil {
		f.cause = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", told.Response.StatusCode, f.cause))
		f.requestID = e.clean(told.Response.Header.Get(e.app.RequestIDHeader), given)
		if n, err := strconv.Atoi(told.Response.Header.Get("Retry-After")); err == nil && n > 0 {
			f.retryAfter = min(time.Duration(n)*time.Second, longestOutPause)
		}
	}
	switch told.ErrorCode {
	case "invalid_grant":
		f.reason = ReasonRefused
	case "invalid_client", "unauthorized_client":
		f.reason = ReasonApp
	case "":
		if told.Response != nil && told.Response.StatusCode == http.StatusUnauthorized {
			f.reason = ReasonApp
		}
	}
	return f
}

// clean takes out of a text what nobody should read, and makes it one short line.
func (e *endpoint) clean(text, given string) string {
	for _, secret := range []string{e.app.ClientSecret, given} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}

// headers adds what every call carries.
type headers struct {
	base http.RoundTripper
	add  http.Header
}

// RoundTrip implements http.RoundTripper.
func (t headers) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/json")
	for name, values := range t.add {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	base := t.base
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(r)
}
