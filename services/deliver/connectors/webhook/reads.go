package webhook

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Company is a GET without a marker. An endpoint that announces less than the settings
// declare stops its connection.
func (c *Connector) Company(ctx context.Context) (connector.Company, error) {
	a, err := c.get(ctx, "company", nil)
	if err == nil && a.GetCompany() == nil {
		err = answers.Unexpected(a)
	}
	if errors.Is(err, answers.ErrUnreadable) {
		return connector.Company{}, answers.Unreadable(tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, c.cfg.Title, err)
	}
	if err != nil {
		return connector.Company{}, err
	}
	if how := answers.Unannounced(c.cfg.Can, c.cfg.Lists, a.GetCompany(), "endpoint"); len(how) > 0 {
		return connector.Company{}, &differsError{strings.Join(how, "; "), connector.Stop(c.wait(
			tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, connector.ReasonProgramDiffers, "it is not what its connection declares: "+strings.Join(how, "; "),
		))}
	}
	return connector.Company{ID: a.GetCompany().GetId(), Name: a.GetCompany().GetName()}, nil
}

// differsError says how the endpoint is not what its connection declares.
type differsError struct {
	how  string
	stop error
}

func (d *differsError) Error() string { return d.stop.Error() }
func (d *differsError) Unwrap() error { return d.stop }

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
		return nil, c.unreadable(answers.Unexpected(a))
	}
	found, err := answers.AllFound(a.GetFound().GetDocuments(), q)
	if err != nil {
		return nil, c.unreadable(err)
	}
	return found, nil
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
	return c.question(ctx, req)
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
	params := map[string]string{"system": c.cfg.Title}
	differs, other := errors.AsType[*differsError](err)
	switch {
	case other:
		params["connection"], params["difference"] = c.connection, differs.how
		return []*tradepostv1.Fault{fault.New("program.differs", fault.Args{Thing: c.cfg.Title, Params: params})}
	case errors.Is(err, answers.ErrUnreadable):
		code = "accounting.answer_unreadable"
	case stopped.Reason == connector.ReasonSignedOut:
		code, params["connection"] = "webhook.signature_refused", c.connection
	}
	return []*tradepostv1.Fault{fault.New(code, fault.Args{Thing: c.cfg.Title, VendorText: err.Error(), Params: params})}
}
