package remote

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// call asks the program to do one thing. A write asks the claim right before the
// request goes out; the program asks its own clock right before it writes.
func (c *Connector) call(ctx context.Context, what *tradepostv1.ConnectorCall, write bool) (*tradepostv1.ConnectorAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	what.Connection, what.Account = c.connection, c.account
	what.Deadline = timestamppb.New(deadline)
	body, err := bus.Encode(what)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrNotAsked, err)
	}
	if write {
		if err := connector.CheckFence(ctx); err != nil {
			return nil, err
		}
	}
	var answer tradepostv1.ConnectorAnswer
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrNotAsked, err)
	}
	raw, err := c.programs.Ask(ctx, SubjectCall+c.cfg.Program+"."+c.connection, body)
	if err != nil {
		return nil, err
	}
	return &answer, answers.Read(raw, &answer)
}

// wait makes a Wait of a call that reached nobody for certain.
func (c *Connector) wait(ctx context.Context, err error) connector.Wait {
	w := connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Message: c.cfg.Title + ": " + err.Error()}
	switch {
	case errors.Is(err, connector.ErrFenced):
		w.Reason = connector.ReasonFenced
	case errors.Is(ctx.Err(), context.Canceled):
		w.Reason = connector.ReasonCanceled
	case ctx.Err() != nil:
		w.Reason = connector.ReasonTimeout
	default:
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonUnreachable
	}
	return w
}

// stop makes an error of what kept a question from being answered. What one invoice's
// question is answered with in a way that cannot be read says nothing about the others.
func (c *Connector) stop(ctx context.Context, err error) error {
	if errors.Is(err, answers.ErrUnreadable) {
		return answers.Unreadable(tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, c.who(), err)
	}
	if ctx.Err() != nil { // it is the caller who does not wait any longer
		return fmt.Errorf("ask %s: %w", c.who(), errors.Join(err, ctx.Err()))
	}
	return connector.Stop(c.wait(ctx, err))
}

// who is the accounting system with its program, for people.
func (c *Connector) who() string { return c.cfg.Title + " (program " + c.cfg.Program + ")" }
