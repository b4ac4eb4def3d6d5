package servicetrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const (
	authPath      = "/auth"
	sessionCookie = "PHPSESSID"
)

// User is whom ServiceTrade takes us for.
type User struct {
	ID          int64
	Name        string
	Username    string
	Email       string
	CompanyID   int64
	CompanyName string
}

// Login makes sure that there is a session or token, and returns its user. In the
// pause after a failed sign-in it returns that failure without calling.
func (c *Client) Login(ctx context.Context) (User, error) {
	a, err := c.access(ctx, "")
	if err != nil {
		return User{}, fmt.Errorf("sign in: %w", err)
	}
	if c.oauth() && a.User.ID == 0 {
		return c.userOfToken(ctx, a.Token), nil
	}
	return a.User, nil
}

// SessionAlive asks ServiceTrade whether our session or token lives; false when
// there is none. It does not sign in.
func (c *Client) SessionAlive(ctx context.Context) (bool, error) {
	token := c.keeper.known().Access.Token
	if token == "" {
		return false, nil
	}
	return c.alive(ctx, token)
}

func (c *Client) alive(ctx context.Context, token string) (bool, error) {
	if c.oauth() {
		return c.tokenAlive(ctx, token)
	}
	rep, fault := c.try(ctx, request{method: http.MethodGet, path: authPath}, token)
	switch {
	case fault == nil:
		return saysAuthenticated(rep.body), nil
	case fault.Status == http.StatusNotFound, fault.Status == http.StatusUnauthorized:
		return false, nil
	default:
		return false, fmt.Errorf("ask whether the session lives: %w", fault)
	}
}

// tokenAlive takes only a 401 for no: that a server lacks the address of whose
// token it is says nothing about the token.
func (c *Client) tokenAlive(ctx context.Context, token string) (bool, error) {
	_, fault := c.try(ctx, request{method: http.MethodGet, path: userinfoPath}, token)
	switch {
	case fault == nil:
		return true, nil
	case fault.Status == http.StatusUnauthorized:
		return false, nil
	default:
		return false, fmt.Errorf("ask whether the token lives: %w", fault)
	}
}

// saysAuthenticated takes a 200 for yes unless its body says no.
func saysAuthenticated(body []byte) bool {
	data, err := dataObject(body)
	if err != nil {
		return false
	}
	if _, said := data["authenticated"]; !said {
		return true
	}
	return data.flag("authenticated")
}

// loginSession calls POST /auth.
func (c *Client) loginSession(ctx context.Context) (Access, *Error) {
	body, err := json.Marshal(map[string]string{"username": c.username, "password": c.password})
	r := request{method: http.MethodPost, path: authPath, body: body}
	if err != nil {
		return Access{}, r.fail(err)
	}
	rep, fault := c.exchange(ctx, r, "")
	if fault != nil {
		switch fault.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			fault.SignedOut = true
		}
		return Access{}, fault
	}
	token, user, err := decodeLogin(rep)
	if err != nil {
		fault = r.fail(err)
		fault.Status, fault.SignedOut = rep.status, errors.Is(err, errNotAuthenticated)
		return Access{}, fault
	}
	return Access{Token: token, User: user}, nil
}

var errNotAuthenticated = errors.New("ServiceTrade did not accept username and password")

// decodeLogin reads the token from the body, else from the cookie.
func decodeLogin(rep *reply) (string, User, error) {
	data, err := dataObject(rep.body)
	if err != nil {
		return "", User{}, err
	}
	if _, said := data["authenticated"]; said && !data.flag("authenticated") {
		return "", User{}, errNotAuthenticated
	}
	token := data.text("authToken")
	if token == "" {
		for _, cookie := range (&http.Response{Header: rep.header}).Cookies() {
			if cookie.Name == sessionCookie {
				token = cookie.Value
			}
		}
	}
	if token == "" {
		return "", User{}, errors.New("the login's answer holds no session token")
	}
	if unfit(token) {
		return "", User{}, errors.New("the login's answer holds a session token that no cookie can carry")
	}
	return token, decodeUser(data.child("user")), nil
}

// unfit says that a token would break out of the header that carries it.
func unfit(token string) bool {
	return strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r == ';' || r == ',' || r == '"' || r >= 0x7f })
}

func decodeUser(o object) User {
	company := o.child("company")
	return User{
		ID:          o.integer("id"),
		Name:        personName(o),
		Username:    o.text("username", "email"),
		Email:       o.text("email"),
		CompanyID:   company.integer("id"),
		CompanyName: company.text("name"),
	}
}
