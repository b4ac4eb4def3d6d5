package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

var errSessionRefused = errors.New("ServiceTrade refuses the session right after a login")

// call sends r within the session. A session that turns out to be dead is
// renewed once, and the call repeated once: ServiceTrade has not acted on it.
func (c *Client) call(ctx context.Context, r request) (*reply, error) {
	for renewed := false; ; renewed = true {
		token, err := c.token(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s %s: sign in: %w", r.method, r.path, err)
		}
		rep, fault := c.try(ctx, r, token)
		if fault == nil {
			return rep, nil
		}
		if dead := c.judge(ctx, fault, token); !dead {
			return nil, fault
		}
		c.session.drop(token)
		if renewed {
			fault.SignedOut, fault.Err = true, errSessionRefused
			c.session.fail(c.now(), fault)
			return nil, fault
		}
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
