package remote

import (
	"context"
	"errors"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Create has the program make the document.
func (c *Connector) Create(ctx context.Context, p connector.Posting) connector.Answer {
	return c.write(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Create{Create: answers.Posting(p)}}, answers.AskedOf(p))
}

// Update implements connector.Updater.
func (u updater) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	asked := answers.AskedOf(p)
	asked.ID = found.ID
	return u.c.write(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Update{
		Update: &tradepostv1.AskUpdate{Posting: answers.Posting(p), Found: answers.Document(found)},
	}}, asked)
}

// Void implements connector.Voider.
func (v voider) Void(ctx context.Context, found connector.Found) connector.Answer {
	if found.Void {
		return connector.Posted{Document: found, Adopted: true}
	}
	return v.c.write(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Void{
		Void: &tradepostv1.AskVoid{Found: answers.Document(found)},
	}}, answers.Asked{Kind: found.Kind, ID: found.ID})
}

// write has the program change the books. Once the request is out, only an answer that
// can be read says that nothing was made.
func (c *Connector) write(ctx context.Context, what *tradepostv1.ConnectorCall, asked answers.Asked) connector.Answer {
	a, err := c.call(ctx, what, true)
	switch {
	case err == nil:
		return answers.OfWrite(a, asked, c.cfg.Title)
	case errors.Is(err, connector.ErrNotAsked), errors.Is(err, connector.ErrFenced):
		return c.wait(ctx, err)
	case errors.Is(err, answers.ErrUnreadable):
		return connector.Uncertain{Reason: answers.ReasonUnreadable, Message: c.cfg.Title + ": " + err.Error()}
	}
	return connector.Uncertain{Reason: answers.ReasonNoAnswer, Message: c.cfg.Title + ": " + err.Error()}
}
