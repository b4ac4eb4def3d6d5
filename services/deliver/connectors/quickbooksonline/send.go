package quickbooksonline

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// once makes a call with a token.
func (c *client) once(ctx context.Context, r request, token string) (*reply, *trouble) {
	done, err := c.slot(ctx)
	if err != nil {
		return nil, c.untold(ctx, r, err)
	}
	defer done()
	body := &fenced{ctx: ctx, left: r.body}
	req, err := c.request(ctx, r, token, body)
	if err != nil {
		return nil, c.untold(ctx, r, err)
	}
	began := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		c.called(connector.Call{Method: r.method(), Resource: r.name(), Took: time.Since(began)})
		return nil, body.unanswered(ctx, r, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	c.answered(ctx, r, res.StatusCode, time.Since(began))
	connector.NoteTrace(ctx, res.Header.Get("intuit_tid"))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("its answer is longer than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, &trouble{class: classNoAnswer, doing: r, tid: res.Header.Get("intuit_tid"), cause: err}
	}
	return c.judge(ctx, r, res, text, began)
}

// judge tells an answer from trouble. A fault may come with the status 200.
func (c *client) judge(ctx context.Context, r request, res *http.Response, text []byte, began time.Time) (*reply, *trouble) {
	answer := &reply{body: text, tid: res.Header.Get("intuit_tid"), sent: sentAt(res, began)}
	failed := troubleOf(r, res, text)
	if failed == nil {
		return answer, nil
	}
	if failed.class == classThrottled {
		if calls, err := c.limiter(ctx); err == nil {
			calls.Hold(ctx, failed.after)
		}
	}
	return nil, failed
}

// sentAt is when the call began, by the clock of whoever answered; without that, by our
// own, and early enough for one that is fast.
func sentAt(res *http.Response, began time.Time) time.Time {
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		return date.Add(-time.Since(began))
	}
	return began.Add(-time.Minute)
}

// slot waits for a free call, of this connector and of the company.
func (c *client) slot(ctx context.Context) (func(), error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	calls, err := c.limiter(ctx)
	if err != nil {
		<-c.slots
		return nil, err
	}
	done, err := calls.Take(ctx)
	if err != nil {
		<-c.slots
		return nil, err
	}
	return func() { done(); <-c.slots }, nil
}

func (c *client) request(ctx context.Context, r request, token string, body *fenced) (*http.Request, error) {
	query := url.Values{"minorversion": {c.minor}}
	maps.Copy(query, r.query)
	company, err := c.companyID(ctx)
	if err != nil {
		return nil, err
	}
	address := c.base + company + "/" + strings.ReplaceAll(r.resource, "{company}", company) + "?" + query.Encode()
	var reader io.Reader
	if r.body != nil {
		reader = body
	}
	req, err := http.NewRequestWithContext(ctx, r.method(), address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Tradepost")
	if r.body != nil {
		req.ContentLength = int64(len(r.body))
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return req, nil
}

// companyID is the company that is called: never another one than the settings name,
// whatever was signed in to.
func (c *client) companyID(ctx context.Context) (string, error) {
	chosen, know := c.tokens.(companyTokens)
	if !know {
		return c.company, nil
	}
	id, err := chosen.Company(ctx)
	if err != nil || c.company == "" || id == c.company {
		return id, err
	}
	return "", connector.Stop(connector.Wait{
		Scope: wholeConnection, Reason: connector.ReasonOtherCompany,
		Message: "the settings name company " + c.company + " of QuickBooks, and company " + id + " was signed in to; connect the right one",
	})
}

// name is the resource without ids, for metrics and messages.
func (r request) name() string {
	name, _, _ := strings.Cut(r.resource, "/")
	return name
}
