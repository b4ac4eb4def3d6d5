package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Company is a GET without a marker.
func (c *Connector) Company(ctx context.Context) (connector.Company, error) {
	a, err := c.get(ctx, "company", nil)
	if err != nil {
		return connector.Company{}, err
	}
	if a.GetCompany() == nil {
		return connector.Company{}, fmt.Errorf("%s: %w", c.cfg.Title, answers.Unexpected(a))
	}
	return connector.Company{ID: a.GetCompany().GetId(), Name: a.GetCompany().GetName()}, nil
}

// Find is a GET with the marker, and with the document's id where it is known.
func (c *Connector) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	query := url.Values{"marker": {q.Marker}}
	if q.ID != "" {
		query.Set("id", q.ID)
	}
	a, err := c.get(ctx, q.Marker, query)
	if err != nil {
		return nil, err
	}
	if a.GetFound() == nil {
		return nil, fmt.Errorf("%s: %w", c.cfg.Title, answers.Unexpected(a))
	}
	return answers.AllFound(a.GetFound().GetDocuments()), nil
}

// get asks. The id that is signed says what is asked for, so that a signature that was
// overheard opens nothing else.
func (c *Connector) get(ctx context.Context, id string, query url.Values) (*tradepostv1.ConnectorAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	req, err := c.request(ctx, http.MethodGet, id, nil, http.NoBody)
	if err != nil {
		return nil, err
	}
	all := req.URL.Query()
	maps.Copy(all, query)
	req.URL.RawQuery = all.Encode()
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
		return nil, fmt.Errorf("%s: %w", c.cfg.Title, err)
	}
	return &a, answers.Stopped(&a)
}

// troubles makes a fault of what kept the endpoint from being asked.
func (c *Connector) troubles(err error) []*tradepostv1.Fault {
	if err == nil {
		return nil
	}
	code, stopped := "accounting.unreachable", connector.Wait{}
	if a, is := connector.AnswerOf(err); is {
		stopped, _ = a.(connector.Wait)
	}
	switch {
	case errors.Is(err, answers.ErrUnreadable):
		code = "accounting.answer_unreadable"
	case stopped.Reason == connector.ReasonSignedOut:
		code = "webhook.signature_refused"
	}
	return []*tradepostv1.Fault{fault.New(code, fault.Args{Thing: c.cfg.Title, VendorText: err.Error(), Params: c.params(code)})}
}

// params are those of a fault of the catalogue about this connection.
func (c *Connector) params(code string) map[string]string {
	if code == "webhook.signature_refused" {
		return map[string]string{"connection": c.connection, "system": c.cfg.Title}
	}
	return map[string]string{"system": c.cfg.Title}
}
