package remote

import (
	"context"
	"errors"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Reasons of Uncertain.
const (
	reasonNoAnswer   = "no_answer"
	reasonUnreadable = "unreadable_answer"
)

// Create has the program make the document.
func (c *Connector) Create(ctx context.Context, p connector.Posting) connector.Answer {
	return c.write(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Create{Create: posting(p)}})
}

// Update implements connector.Updater.
func (u updater) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	return u.c.write(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Update{
		Update: &tradepostv1.AskUpdate{Posting: posting(p), Found: documentOf(found)},
	}})
}

// Void implements connector.Voider.
func (v voider) Void(ctx context.Context, found connector.Found) connector.Answer {
	if found.Void {
		return connector.Posted{Document: found, Adopted: true}
	}
	return v.c.write(ctx, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Void{
		Void: &tradepostv1.AskVoid{Found: documentOf(found)},
	}})
}

// write has the program change the books. Once the request is out, only an answer that
// can be read says that nothing was made.
func (c *Connector) write(ctx context.Context, what *tradepostv1.ConnectorCall) connector.Answer {
	a, err := c.call(ctx, what, true)
	switch {
	case err == nil:
		return c.answer(a)
	case errors.Is(err, connector.ErrNotAsked), errors.Is(err, connector.ErrFenced):
		return c.wait(ctx, err)
	case errors.Is(err, errUnreadable):
		return connector.Uncertain{Reason: reasonUnreadable, Message: c.cfg.Title + ": " + err.Error()}
	}
	return connector.Uncertain{Reason: reasonNoAnswer, Message: c.cfg.Title + ": " + err.Error()}
}

// answer is what the program said of a write.
func (c *Connector) answer(a *tradepostv1.ConnectorAnswer) connector.Answer {
	switch said := a.GetAnswer().(type) {
	case *tradepostv1.ConnectorAnswer_Posted:
		return connector.Posted{
			Document: foundOf(said.Posted.GetDocument()), NumberAssigned: said.Posted.GetNumberAssigned(), Adopted: said.Posted.GetAdopted(),
		}
	case *tradepostv1.ConnectorAnswer_Rejected:
		r := connector.Rejected{Faults: c.tell(said.Rejected.GetFaults())}
		if said.Rejected.GetDocument() != nil {
			there := foundOf(said.Rejected.GetDocument())
			r.Document = &there
		}
		return r
	case *tradepostv1.ConnectorAnswer_Wait:
		return waitOf(said.Wait)
	case *tradepostv1.ConnectorAnswer_Uncertain:
		return connector.Uncertain{Reason: said.Uncertain.GetReason(), Message: said.Uncertain.GetMessage()}
	}
	return connector.Uncertain{Reason: reasonUnreadable, Message: c.cfg.Title + ": " + unexpected(a).Error()}
}
