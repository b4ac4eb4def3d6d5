package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

var errSessionRefused = errors.New("ServiceTrade refuses what it gave at the login, right after it")

// call sends r within the session. A session or token that turns out to be dead
// is replaced once, and the call repeated once: ServiceTrade has not acted on it.
func (c *Client) call(ctx context.Context, r request) (*reply, error) {
	for dead := ""; ; {
		a, err := c.access(ctx, dead)
		if err != nil {
			return nil, fmt.Errorf("%s %s: sign in: %w", r.method, r.path, err)
		}
		rep, fault := c.try(ctx, r, a.Token)
		c.noteForbidden(ctx, r, fault)
		if fault == nil {
			return rep, nil
		}
		if !c.judge(ctx, fault, a.Token) {
			return nil, fault
		}
		if dead != "" {
			fault.SignedOut, fault.Err = true, errSessionRefused
			c.refused(ctx, a.Token, fault)
			return nil, fault
		}
		dead = a.Token
	}
}

// judge says whether fault means that the session of token is dead. A 404 means
// that where there is no session any more, so GET /auth decides; as long as it
// cannot be asked, the 404 proves nothing.
func (c *Client) judge(ctx context.Context, fault *Error, token string) bool {
	switch fault.Status {
	case http.StatusUnauthorized:
		return true
	case http.StatusNotFound:
		alive, err := c.alive(ctx, token)
		if err != nil {
			fault.Err = err
			return false
		}
		fault.Gone = alive
		return !alive
	default:
		return false
	}
}

// get reads path and hands the body to decode, whose errors become those of the call.
func (c *Client) get(ctx context.Context, r request, decode func(body []byte) error) error {
	r.method = http.MethodGet
	rep, err := c.call(ctx, r)
	if err != nil {
		return err
	}
	if err := decode(rep.body); err != nil {
		return c.undecodable(r, rep, err)
	}
	return nil
}

// send makes one write and hands the answer's body to decode. An answer that
// cannot be decoded leaves the write uncertain: it was most likely made.
func (c *Client) send(ctx context.Context, r request, decode func(body []byte) error) error {
	r.write = true
	rep, err := c.call(ctx, r)
	if err != nil {
		return err
	}
	if err := decode(rep.body); err != nil {
		return c.undecodable(r, rep, err)
	}
	return nil
}

func (c *Client) undecodable(r request, rep *reply, err error) *Error {
	fault := r.fail(fmt.Errorf("decode the answer: %w", err))
	fault.Status, fault.Uncertain, fault.Messages = rep.status, r.write, c.messages(rep.body)
	return fault
}
