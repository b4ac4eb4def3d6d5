package plainbooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	books "github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 20

// Create makes the document. The books would make a second one just as well.
func (c *Connector) Create(ctx context.Context, p connector.Posting) connector.Answer {
	return c.write(ctx, http.MethodPost, "/documents", "", p)
}

// Update replaces the document, if it still has the version that was found.
func (c *Connector) Update(ctx context.Context, p connector.Posting, found connector.Found) connector.Answer {
	return c.write(ctx, http.MethodPut, "/documents/"+found.ID, found.Version, p)
}

// Void makes the document void, if it still has the version that was found.
func (c *Connector) Void(ctx context.Context, found connector.Found) connector.Answer {
	if found.Void {
		return connector.Posted{Document: found, Adopted: true}
	}
	return c.send(ctx, http.MethodPut, "/documents/"+found.ID+"/void", found.Version, found.IssueDate, struct{}{})
}

func (c *Connector) write(ctx context.Context, method, path, version string, p connector.Posting) connector.Answer {
	return c.send(ctx, method, path, version, p.Document.GetIssueDate(), paper(p))
}

// send writes once. date is the day that the books may have closed.
func (c *Connector) send(ctx context.Context, method, path, version, date string, content any) connector.Answer {
	body, err := json.Marshal(content)
	if err != nil {
		return connector.Rejected{Faults: []*tradepostv1.Fault{refused(date, err.Error())}}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTime)
	defer cancel()
	guarded := &fenced{ctx: ctx, left: bytes.NewReader(body)}
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.URL+path, guarded)
	if err != nil {
		return wait("unreachable", err)
	}
	req.ContentLength = int64(len(body))
	req.Header.Set(books.HeaderSent, strconv.FormatInt(time.Now().UnixNano(), 10))
	if version != "" {
		req.Header.Set("If-Match", version)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return guarded.unanswered(ctx, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return connector.Uncertain{Reason: "no_answer", Message: err.Error()}
	}
	return answered(resp.StatusCode, answer, date)
}

// fenced is the body of a write. It is read right before it goes to the socket,
// the connection being there already, so that this is where the claim is checked:
// the books do nothing before they have all of it.
type fenced struct {
	ctx   context.Context //nolint:containedctx // lives as long as the request that it is the body of
	left  *bytes.Reader
	begun bool
	stop  error
}

// Read implements io.Reader.
func (f *fenced) Read(b []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		f.stop = err
	} else if err := connector.CheckFence(f.ctx); err != nil {
		f.stop = err
	}
	if f.stop != nil {
		return 0, f.stop
	}
	f.begun = true
	return f.left.Read(b)
}

// unanswered judges a write that has no answer: nothing was made only where the
// body was never begun.
func (f *fenced) unanswered(ctx context.Context, err error) connector.Answer {
	switch {
	case f.begun:
		return connector.Uncertain{Reason: "no_answer", Message: err.Error()}
	case errors.Is(f.stop, connector.ErrFenced):
		return wait(connector.ReasonFenced, err)
	case errors.Is(ctx.Err(), context.Canceled):
		return wait(connector.ReasonCanceled, err)
	case ctx.Err() != nil:
		return wait(connector.ReasonTimeout, err)
	default:
		return wait("unreachable", err)
	}
}

func answered(status int, body []byte, date string) connector.Answer {
	switch status {
	case http.StatusOK, http.StatusCreated:
		var d books.Document
		if err := json.Unmarshal(body, &d); err != nil {
			return connector.Uncertain{Reason: "unreadable_answer", Message: err.Error()}
		}
		return connector.Posted{Document: foundOf(d)}
	case http.StatusGone, http.StatusPreconditionFailed:
		return wait(connector.ReasonChanged, errors.New("the document was changed or removed while it was worked on"))
	case http.StatusUnprocessableEntity:
		var r books.Refusal
		_ = json.Unmarshal(body, &r) // Without a reason the general fault tells it.
		return connector.Rejected{Faults: []*tradepostv1.Fault{refused(date, r.Reason)}}
	default:
		return connector.Uncertain{Reason: "error_answer", Message: fmt.Sprintf("the books answered with %d", status)}
	}
}

func refused(date, reason string) *tradepostv1.Fault {
	if reason == "date_closed" {
		return fault.New("document.date_closed", fault.Args{Params: map[string]string{"date": date}})
	}
	return fault.New("accounting.refused", fault.Args{VendorText: reason, Params: map[string]string{"system": title}})
}

func unreachable(err error) *tradepostv1.Fault {
	return fault.New("accounting.unreachable", fault.Args{VendorText: err.Error(), Params: map[string]string{"system": title}})
}

func wait(reason string, err error) connector.Wait {
	return connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: reason, Message: err.Error()}
}

func (c *Connector) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.CallTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.URL+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask the books: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the books: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the books: they answered with %d", resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("read the answer of the books: %w", err)
	}
	return nil
}
