package grant

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// roundTrip answers every call with the same.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func FuzzAnswerOfTheTokenEndpoint(f *testing.F) {
	f.Add(200, "application/json", `{"token_type":"bearer","access_token":"a","refresh_token":"r","expires_in":3600,"x_refresh_token_expires_in":8726400}`)
	f.Add(200, "application/json", `{"access_token":"a b","refresh_token":"r","expires_in":-1}`)
	f.Add(200, "application/json", `{"access_token":"a","refresh_token":"r","expires_in":"99999999999","x_refresh_token_expires_in":"1e400"}`)
	f.Add(400, "application/json", `{"error":"invalid_grant","error_description":"Incorrect refresh token the-token"}`)
	f.Add(200, "text/plain", `access_token=a&refresh_token=r`)
	f.Add(502, "text/html", `<html>the-token`)
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 200 || status > 599 {
			return
		}
		app := connector.SignIn{
			ClientID: "id", ClientSecret: "hush-hush", TokenURL: "https://vendor.example/tokens",
			RefreshLifeField: "x_refresh_token_expires_in", HardLifeField: "x_refresh_token_hard_expires_in", RequestIDHeader: "vendor_tid",
		}
		e := newEndpoint(app, &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Request: r, Header: http.Header{"Content-Type": {kind}}, Body: readCloser{strings.NewReader(body)},
			}, nil
		})}, func() time.Time { return now })
		p, fault := e.renew(t.Context(), "the-token")
		switch {
		case fault != nil:
			if strings.Contains(fault.cause, "the-token") || strings.Contains(fault.cause, "hush-hush") || len(fault.cause) > 4*maxText+100 {
				t.Fatalf("told: %q", fault.cause)
			}
		case unfit(p.access.Token), p.refresh.Token == "", !p.access.Expires.After(now), p.access.Renew.Before(now), p.access.Renew.After(p.access.Expires):
			t.Fatalf("a pair of no use: %+v", p)
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func FuzzOpen(f *testing.F) {
	ring, err := keyring.Parse(keyring.NewKey())
	require.NoError(f, err)
	sealed, err := seal(ring, conn, Entry{System: "quickbooks", Secrets: Secrets{Company: "9", Refresh: []Refresh{{Token: "r"}}}})
	require.NoError(f, err)
	f.Add(sealed)
	f.Add([]byte(`{"sealed":"AA=="}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := open(ring, conn, raw)
		if err != nil && (e.Access.Token != "" || len(e.Refresh) > 0) {
			t.Fatal("tokens that could not be read")
		}
		if err == nil {
			_ = fmt.Sprint(e.RefreshEnds())
		}
	})
}
