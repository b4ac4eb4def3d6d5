package remote

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
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
	if err := c.ask(ctx, SubjectCall+c.cfg.Program+"."+c.connection, body, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// ask sends one request, and reads its answer.
func (c *Connector) ask(ctx context.Context, subject string, body []byte, into proto.Message) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", connector.ErrNotAsked, err)
	}
	raw, err := c.programs.Ask(ctx, subject, body)
	if err != nil {
		return err
	}
	return answers.Read(raw, into)
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

// stop makes an error of what kept a question from being answered.
func (c *Connector) stop(ctx context.Context, err error) error {
	if errors.Is(err, answers.ErrUnreadable) {
		return fmt.Errorf("%s (program %s): %w", c.cfg.Title, c.cfg.Program, err)
	}
	if ctx.Err() != nil { // it is the caller who does not wait any longer
		return fmt.Errorf("ask %s (program %s): %w", c.cfg.Title, c.cfg.Program, errors.Join(err, ctx.Err()))
	}
	return connector.Stop(c.wait(ctx, err))
}
