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

// Login makes sure that there is a session and returns its user. Within 30 s of
// a failed login it returns that failure without calling.
func (c *Client) Login(ctx context.Context) (User, error) {
	if _, err := c.token(ctx); err != nil {
		return User{}, fmt.Errorf("sign in: %w", err)
	}
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	return c.session.user, nil
}

// Logout ends the session at ServiceTrade; a session that is gone already is
// fine. A later call logs in again.
func (c *Client) Logout(ctx context.Context) error {
	token := c.session.current()
	if token == "" {
		return nil
	}
	c.session.drop(token)
	_, fault := c.exchange(ctx, request{method: http.MethodDelete, path: authPath}, token)
	if fault == nil || fault.Status == http.StatusUnauthorized || fault.Status == http.StatusNotFound {
		return nil
	}
	return fmt.Errorf("sign out: %w", fault)
}

// SessionAlive asks ServiceTrade (GET /auth) whether our session lives; false
// when there is none. It does not log in.
func (c *Client) SessionAlive(ctx context.Context) (bool, error) {
	token := c.session.current()
	if token == "" {
		return false, nil
	}
	return c.alive(ctx, token)
}

func (c *Client) alive(ctx context.Context, token string) (bool, error) {
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

// login calls POST /auth once; it is never repeated by itself.
func (c *Client) login(ctx context.Context) (string, User, *Error) {
	body, err := json.Marshal(map[string]string{"username": c.username, "password": c.password})
	r := request{method: http.MethodPost, path: authPath, body: body}
	if err != nil {
		return "", User{}, r.fail(err)
	}
	rep, fault := c.exchange(ctx, r, "")
	if fault != nil {
		switch fault.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			fault.SignedOut = true
		}
		return "", User{}, fault
	}
	token, user, err := decodeLogin(rep)
	if err != nil {
		fault = r.fail(err)
		fault.Status, fault.SignedOut = rep.status, errors.Is(err, errNotAuthenticated)
		return "", User{}, fault
	}
	return token, user, nil
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
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r == ';' || r == ',' || r == '"' || r >= 0x7f }) {
		return "", User{}, errors.New("the login's answer holds a session token that no cookie can carry")
	}
	return token, decodeUser(data.child("user")), nil
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
