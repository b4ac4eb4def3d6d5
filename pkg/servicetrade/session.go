package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// loginPause is the least time from a failed login to the next one. It keeps a
// wrong password from locking the user out, and two integrations that push each
// other's sessions out from doing so without end.
const loginPause = 30 * time.Second

// session is the one session that all calls of a client share. ServiceTrade
// keeps few sessions per user and drops the oldest.
type session struct {
	gate chan struct{} // holds one token: one login in flight

	mu       sync.Mutex
	token    string
	user     User
	failedAt time.Time
	failure  *Error
}

func newSession() *session { return &session{gate: make(chan struct{}, 1)} }

func (s *session) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

func (s *session) start(token string, user User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.user, s.failure = token, user, nil
}

// drop forgets token if it still is the current one; a newer one stays.
func (s *session) drop(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

func (s *session) fail(now time.Time, e *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failedAt, s.failure = now, e
}

// paused returns the error of the last login while the next one has to wait.
func (s *session) paused(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		return nil
	}
	since := now.Sub(s.failedAt)
	if since < 0 || since >= loginPause {
		return nil
	}
	again := *s.failure
	again.RetryAfter = max(again.RetryAfter, loginPause-since)
	return &again
}

// token returns the session token, logging in when there is none. Callers that
// come while a login is in flight wait for it and share its token.
func (c *Client) token(ctx context.Context) (string, error) {
	if t := c.session.current(); t != "" {
		return t, nil
	}
	select {
	case c.session.gate <- struct{}{}:
		defer func() { <-c.session.gate }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for the login: %w", ctx.Err())
	}
	if t := c.session.current(); t != "" {
		return t, nil
	}
	if err := c.session.paused(c.now()); err != nil {
		return "", err
	}
	return c.signIn(ctx)
}

// signIn logs in and keeps the session. A caller that went away is no failed
// login, and neither is a login that never reached ServiceTrade.
func (c *Client) signIn(ctx context.Context) (string, error) {
	token, user, fault := c.login(ctx)
	if fault == nil {
		c.session.start(token, user)
		c.log.InfoContext(ctx, "signed in to ServiceTrade", "user", user.Username, "user_id", user.ID)
		return token, nil
	}
	if !fault.unsent && !errors.Is(fault, context.Canceled) {
		c.session.fail(c.now(), fault)
	}
	c.log.WarnContext(ctx, "login to ServiceTrade did not work", "error", fault.Error())
	return "", fault
}
