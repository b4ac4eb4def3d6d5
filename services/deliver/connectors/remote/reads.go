package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Company asks the program what it is, and whose books it has.
func (c *Connector) Company(ctx context.Context) (connector.Company, error) {
	if err := c.describe(ctx); err != nil {
		return connector.Company{}, c.troubled(ctx, err)
	}
	a, err := c.call(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Company{Company: &tradepostv1.AskCompany{}}}, false)
	if err != nil {
		return connector.Company{}, c.whole(ctx, err)
	}
	if err := answers.Stopped(a); err != nil {
		return connector.Company{}, err
	}
	if a.GetCompany() == nil {
		return connector.Company{}, c.whole(ctx, answers.Unexpected(a))
	}
	return connector.Company{ID: a.GetCompany().GetId(), Name: a.GetCompany().GetName()}, nil
}

// Check asks what keeps the connection from posting: that the program does not run, is
// not what the settings declare, or what it says itself.
func (c *Connector) Check(ctx context.Context) []*tradepostv1.Fault {
	err := c.describe(ctx)
	if d, is := errors.AsType[*differsError](err); is {
		return []*tradepostv1.Fault{c.fault("program.differs", "difference", d.Error(), "")}
	}
	if err != nil {
		return c.checkFailed(err)
	}
	faults, err := c.faults(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Check{Check: &tradepostv1.AskCheck{}}})
	if err != nil {
		return c.checkFailed(err)
	}
	return faults
}

func (c *Connector) checkFailed(err error) []*tradepostv1.Fault {
	switch {
	case errors.Is(err, connector.ErrNoProgram):
		return []*tradepostv1.Fault{c.fault("program.not_running", "program", c.cfg.Program, "")}
	case errors.Is(err, answers.ErrUnreadable):
		return []*tradepostv1.Fault{c.fault("accounting.answer_unreadable", "", "", err.Error())}
	}
	return []*tradepostv1.Fault{c.fault("accounting.unreachable", "", "", err.Error())}
}

// Find asks for the documents of an invoice. Whatever is no list is an error.
func (c *Connector) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	a, err := c.question(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Find{Find: &tradepostv1.AskFind{
		Kind: q.Kind, Marker: q.Marker, Id: q.ID, Number: q.Number,
	}}})
	if err != nil {
		return nil, err
	}
	if a.GetFound() == nil {
		return nil, c.stop(ctx, answers.Unexpected(a))
	}
	found, err := answers.AllFound(a.GetFound().GetDocuments(), q)
	if err != nil {
		return nil, c.stop(ctx, err)
	}
	return found, nil
}

// CheckDocument implements connector.PreviewChecker.
func (p previewer) CheckDocument(ctx context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	return p.c.faults(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Preview{Preview: &tradepostv1.AskPreview{Document: d}}})
}

// faults asks for a list of faults.
func (c *Connector) faults(ctx context.Context, what *tradepostv1.ConnectorCall) ([]*tradepostv1.Fault, error) {
	a, err := c.question(ctx, what)
	if err != nil {
		return nil, err
	}
	if a.GetFaults() == nil {
		return nil, c.stop(ctx, answers.Unexpected(a))
	}
	return answers.Faults(a.GetFaults().GetFaults(), c.cfg.Title), nil
}

// ReferenceKinds implements connector.ReferenceLister: those that the settings declare.
func (c *Connector) ReferenceKinds() []connector.ReferenceKind {
	return answers.ReferenceKinds(c.cfg.Lists)
}

// ListReference implements connector.ReferenceLister, one part of the list after the other.
func (c *Connector) ListReference(ctx context.Context, kind connector.ReferenceKind, each func(connector.ReferenceRecord) error) error {
	if err := c.describe(ctx); err != nil {
		return fmt.Errorf("list the records of %s: %w", c.who(), c.troubled(ctx, err))
	}
	err := answers.List(ctx, kind, func(ctx context.Context, l *tradepostv1.AskList) (*tradepostv1.ConnectorAnswer, error) {
		return c.question(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_List{List: l}})
	}, each)
	if _, told := connector.AnswerOf(err); !told && errors.Is(err, answers.ErrUnreadable) {
		err = c.stop(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("list the records of %s: %w", c.who(), err)
	}
	return nil
}

// question asks for something that changes nothing. A wait is an error that holds it.
func (c *Connector) question(ctx context.Context, what *tradepostv1.ConnectorCall) (*tradepostv1.ConnectorAnswer, error) {
	a, err := c.call(ctx, what, false)
	if err != nil {
		return nil, c.stop(ctx, err)
	}
	return a, answers.Stopped(a)
}

// fault is one of the catalogue, about this connection.
func (c *Connector) fault(code, param, value, vendor string) *tradepostv1.Fault {
	params := map[string]string{"system": c.cfg.Title}
	if e, ok := fault.Lookup(code); ok {
		for _, p := range e.Params {
			if p == "connection" {
				params[p] = c.connection
			}
		}
	}
	if param != "" {
		params[param] = value
	}
	return fault.New(code, fault.Args{Params: params, VendorText: vendor})
}
