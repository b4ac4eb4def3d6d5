package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Create is a POST under the posting's key. The endpoint answers a key that it knows with
// what it answered before, and makes nothing.
func (c *Connector) Create(ctx context.Context, p connector.Posting) connector.Answer {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	body, err := bus.Encode(&tradepostv1.ConnectorCall{
		Connection: c.connection, Account: c.account, Deadline: timestamppb.New(deadline),
		Operation: &tradepostv1.ConnectorCall_Create{Create: answers.Posting(p)},
	})
	if err != nil {
		return c.wait(tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonUnreachable, err.Error())
	}
	guarded := &fenced{ctx: ctx, left: body}
	req, err := c.request(ctx, http.MethodPost, p.Key, body, guarded)
	if err != nil {
		return c.wait(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonUnreachable, err.Error())
	}
	req.Header.Set(HeaderKey, p.Key)
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = int64(len(body))
	status, header, answer, err := c.do(req)
	if err != nil {
		return c.unanswered(ctx, guarded, err)
	}
	return c.answered(status, header, answer)
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
func (c *Connector) answered(status int, header http.Header, body []byte) connector.Answer {
	var a tradepostv1.ConnectorAnswer
	readable := answers.Read(body, &a)
	_, rejected := a.GetAnswer().(*tradepostv1.ConnectorAnswer_Rejected)
	switch {
	case status == http.StatusOK || status == http.StatusCreated:
		if readable != nil {
			return connector.Uncertain{Reason: answers.ReasonUnreadable, Message: c.cfg.Title + ": " + readable.Error()}
		}
		return answers.OfWrite(&a, c.cfg.Title)
	case refuses(status) && readable == nil && rejected:
		return answers.OfWrite(&a, c.cfg.Title)
	case refuses(status):
		return connector.Rejected{Faults: []*tradepostv1.Fault{fault.New("accounting.refused", fault.Args{
			VendorText: fmt.Sprintf("%d %s", status, body), Params: map[string]string{"system": c.cfg.Title},
		})}}
	case notTaken(status):
		return c.notNow(status, header)
	}
	return connector.Uncertain{Reason: "error_answer", Message: fmt.Sprintf("%s answered with %d", c.cfg.Title, status)}
}
