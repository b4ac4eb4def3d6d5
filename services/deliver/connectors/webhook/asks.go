package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// CheckDocument implements connector.PreviewChecker: a POST that changes nothing.
func (p previewer) CheckDocument(ctx context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	a, err := p.c.ask(ctx, "preview-"+d.GetMarker(), &tradepostv1.ConnectorCall{
		Operation: &tradepostv1.ConnectorCall_Preview{Preview: &tradepostv1.AskPreview{Document: d}},
	})
	if err != nil {
		return nil, err
	}
	if a.GetFaults() == nil {
		return nil, p.c.unreadable(answers.Unexpected(a))
	}
	return answers.Faults(a.GetFaults().GetFaults(), p.c.cfg.Title), nil
}

// ReferenceKinds implements connector.ReferenceLister: those that the settings declare.
func (c *Connector) ReferenceKinds() []connector.ReferenceKind {
	return answers.ReferenceKinds(c.cfg.Lists)
}

// ListReference implements connector.ReferenceLister: a POST that changes nothing for each
// part of the list.
func (c *Connector) ListReference(ctx context.Context, kind connector.ReferenceKind, each func(connector.ReferenceRecord) error) error {
	if _, err := c.Company(ctx); err != nil { // It may be another endpoint than was declared.
		return fmt.Errorf("list the records of %s: %w", c.cfg.Title, err)
	}
	err := answers.List(ctx, kind, func(ctx context.Context, l *tradepostv1.AskList) (*tradepostv1.ConnectorAnswer, error) {
		return c.ask(ctx, "list-"+string(kind), &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_List{List: l}})
	}, each)
	if _, told := connector.AnswerOf(err); !told && errors.Is(err, answers.ErrUnreadable) {
		err = c.unreadable(err)
	}
	if err != nil {
		return fmt.Errorf("list the records of %s: %w", c.cfg.Title, err)
	}
	return nil
}

// ask is a POST that changes nothing. It carries no idempotency key.
func (c *Connector) ask(ctx context.Context, id string, what *tradepostv1.ConnectorCall) (*tradepostv1.ConnectorAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	body, err := c.body(ctx, what)
	if err != nil {
		return nil, err
	}
	req, err := c.request(ctx, http.MethodPost, id, body, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = int64(len(body))
	return c.question(ctx, req)
}

// question makes a call that changes nothing. Any other status than 200 finds nothing out.
func (c *Connector) question(ctx context.Context, req *http.Request) (*tradepostv1.ConnectorAnswer, error) {
	status, header, body, err := c.do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("ask %s: %w", c.cfg.Title, errors.Join(err, ctx.Err()))
		}
		return nil, connector.Stop(c.wait(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonUnreachable, err.Error()))
	}
	if status != http.StatusOK {
		return nil, connector.Stop(c.notNow(status, header))
	}
	var a tradepostv1.ConnectorAnswer
	if err := answers.Read(body, &a); err != nil {
		return nil, c.unreadable(err)
	}
	return &a, answers.Stopped(&a)
}

// unreadable is the error for a question about an invoice that was answered in a way that
// cannot be read: it says nothing about the others.
func (c *Connector) unreadable(err error) error {
	return answers.Unreadable(tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, c.cfg.Title, err)
}

// body is a call as JSON, with what every call carries.
func (c *Connector) body(ctx context.Context, what *tradepostv1.ConnectorCall) ([]byte, error) {
	deadline, _ := ctx.Deadline()
	what.Connection, what.Account, what.Deadline = c.connection, c.account, timestamppb.New(deadline)
	return bus.Encode(what)
}
