package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tradepost/tradepost/pkg/canonical"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Create is a POST under the posting's key. The endpoint answers a key that it knows with
// what it answered before, and makes nothing.
func (c *Connector) Create(ctx context.Context, p connector.Posting) connector.Answer {
	return c.write(ctx, p.Key, &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Create{Create: answers.Posting(p)}}, answers.AskedOf(p))
}

// Update implements connector.Updater: a POST under the key of this change of this
// version.
func (u updater) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	if found.Version == "" {
		return u.c.unversioned(found)
	}
	asked := answers.AskedOf(p)
	asked.ID = found.ID
	return u.c.write(ctx, changeKey(CanUpdate, found, p.Key), &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Update{
		Update: &tradepostv1.AskUpdate{Posting: answers.Posting(p), Found: answers.Document(found)},
	}}, asked)
}

// Void implements connector.Voider: a POST under the key of the voiding of this version.
func (v voider) Void(ctx context.Context, found connector.Found) connector.Answer {
	if found.Void {
		return connector.Posted{Document: found, Adopted: true}
	}
	if found.Version == "" {
		return v.c.unversioned(found)
	}
	return v.c.write(ctx, changeKey(CanVoid, found, ""), &tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Void{
		Void: &tradepostv1.AskVoid{Found: answers.Document(found)},
	}}, answers.Asked{Kind: found.Kind, ID: found.ID})
}

// unversioned keeps a document from being changed of which the endpoint tells no version:
// the key of the change could be one that it has answered already.
func (c *Connector) unversioned(found connector.Found) connector.Answer {
	return c.wait(tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonProgramDiffers,
		fmt.Sprintf("it tells no version of document %s, and a document is changed in one version of it only: the endpoint has to tell another one after each change", found.ID))
}

// changeKey is the idempotency key of a change of a document that stands: the same for
// every attempt to make this change of this version, and another one when a document
// comes to the same content again.
func changeKey(what string, found connector.Found, posting string) string {
	key, _ := canonical.Value(map[string]string{"change": what, "id": found.ID, "version": found.Version, "posting": posting})
	return key[:40]
}

// write is a POST that may change the books.
func (c *Connector) write(ctx context.Context, key string, what *tradepostv1.ConnectorCall, asked answers.Asked) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	body, err := c.body(ctx, what)
	if err != nil {
		return c.wait(tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonUnreachable, err.Error())
	}
	guarded := &fenced{ctx: ctx, left: body}
	req, err := c.request(ctx, http.MethodPost, key, body, guarded)
	if err != nil {
		return c.wait(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonUnreachable, err.Error())
	}
	req.Header.Set(HeaderKey, key)
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = int64(len(body))
	status, header, answer, err := c.do(req)
	if err != nil {
		return c.unanswered(ctx, guarded, err)
	}
	return c.answered(status, header, answer, asked)
}

// unanswered judges a POST that has no answer: nothing was made only where its body was
// never begun.
func (c *Connector) unanswered(ctx context.Context, body *fenced, err error) connector.Answer {
	const invoice = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE
	begun, stop := body.end()
	switch {
	case begun:
		return connector.Uncertain{Reason: answers.ReasonNoAnswer, Message: c.cfg.Title + ": " + err.Error()}
	case errors.Is(stop, connector.ErrFenced):
		return c.wait(invoice, connector.ReasonFenced, err.Error())
	case errors.Is(ctx.Err(), context.Canceled):
		return c.wait(invoice, connector.ReasonCanceled, err.Error())
	case ctx.Err() != nil:
		return c.wait(invoice, connector.ReasonTimeout, err.Error())
	}
	return c.wait(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonUnreachable, err.Error())
}

// answered is what an answer to a POST says. One that is no yes and no plain no is doubt.
func (c *Connector) answered(status int, header http.Header, body []byte, asked answers.Asked) connector.Answer {
	var a tradepostv1.ConnectorAnswer
	readable := answers.Read(body, &a)
	_, rejected := a.GetAnswer().(*tradepostv1.ConnectorAnswer_Rejected)
	switch {
	case status == http.StatusOK || status == http.StatusCreated:
		if readable != nil {
			return connector.Uncertain{Reason: answers.ReasonUnreadable, Message: c.cfg.Title + ": " + readable.Error()}
		}
		return answers.OfWrite(&a, asked, c.cfg.Title)
	case refuses(status) && readable == nil && rejected:
		return answers.OfWrite(&a, asked, c.cfg.Title)
	case refuses(status):
		return connector.Rejected{Faults: []*tradepostv1.Fault{fault.New("accounting.refused", fault.Args{
			VendorText: fmt.Sprintf("%d %s", status, body), Params: map[string]string{"system": c.cfg.Title},
		})}}
	case notTaken(status):
		return c.notNow(status, header)
	}
	return connector.Uncertain{Reason: "error_answer", Message: fmt.Sprintf("%s answered with %d", c.cfg.Title, status)}
}
