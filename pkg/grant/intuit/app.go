// Package intuit is how a person signs in to QuickBooks Online: Intuit's addresses and
// words, and the app that the user registered with Intuit.
package intuit

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	// System is the word in addresses and commands.
	System = "quickbooks"

	title        = "QuickBooks Online"
	authorizeURL = "https://appcenter.intuit.com/connect/oauth2"
	tokenURL     = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
	revokeURL    = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
	scope        = "com.intuit.quickbooks.accounting"
	// refreshLife is taken where an answer does not tell how long a refresh token that
	// is not used lives.
	refreshLife = 100 * 24 * time.Hour
)

// App is the user's own app at Intuit, as a connection's settings write it (key app).
type App struct {
	// ClientID and ClientSecret are on the app's page at Intuit, under Keys.
	ClientID     string            `yaml:"client_id"`
	ClientSecret connection.Secret `yaml:"client_secret"`
	// RedirectURL is one of the app's redirect URIs, letter for letter. It ends in
	// /connect/quickbooks/callback. Of this machine (http://localhost:8085/…), the
	// command that signs in listens there, which Intuit allows for development keys; else
	// it is connect.public_url with that path. "" is the latter where that is set, and the
	// former where it is not.
	RedirectURL string `yaml:"redirect_url"`
	// AuthorizeURL, TokenURL and RevokeURL replace Intuit's, for a stand-in.
	AuthorizeURL string `yaml:"authorize_url"`
	TokenURL     string `yaml:"token_url"`
	RevokeURL    string `yaml:"revoke_url"`
}

// Problems returns all that is wrong with the app's settings; none where there is no
// app at all.
func (a App) Problems() error {
	if a == (App{}) {
		return nil
	}
	var errs []error
	if a.ClientID == "" {
		errs = append(errs, errors.New("setting app.client_id: is missing; Intuit shows it on the app's page, under Keys"))
	}
	if a.ClientSecret.IsZero() {
		errs = append(errs, errors.New("setting app.client_secret: is missing; Intuit shows it on the app's page, under Keys"))
	}
	for _, u := range []struct{ key, value string }{
		{"redirect_url", a.RedirectURL}, {"authorize_url", a.AuthorizeURL}, {"token_url", a.TokenURL}, {"revoke_url", a.RevokeURL},
	} {
		if err := address(u.value); err != nil {
			errs = append(errs, fmt.Errorf("setting app.%s: %w", u.key, err))
		}
	}
	return errors.Join(errs...)
}

// address accepts http on this machine only: elsewhere secrets would cross the network
// in clear.
func address(value string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "":
		return errors.New("is no complete address: write it as https://host/path")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return errors.New("begin it with https://: it carries secrets")
	case u.User != nil || u.Fragment != "":
		return errors.New("leave out user, password and #")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// SignIn says how a connection is signed in with the app. company is the id (realm) that
// the settings ask for, or "".
func (a App) SignIn(company string) connector.SignIn {
	orElse := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	return connector.SignIn{
		System: System, Title: title, ClientID: a.ClientID, ClientSecret: a.ClientSecret.Reveal(),
		AuthorizeURL: orElse(a.AuthorizeURL, authorizeURL), TokenURL: orElse(a.TokenURL, tokenURL), RevokeURL: orElse(a.RevokeURL, revokeURL),
		Scopes: []string{scope}, RedirectURL: a.RedirectURL, CompanyParam: "realmId", Company: company,
		Header:           http.Header{"X-Include-Refresh-Token-Hard-Expires-In": {"true"}},
		RefreshLifeField: "x_refresh_token_expires_in", HardLifeField: "x_refresh_token_hard_expires_in",
		RefreshLife: refreshLife, RequestIDHeader: "Intuit_tid",
	}
}
