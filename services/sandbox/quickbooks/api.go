package quickbooks

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// Object is a JSON object of the API; nobody may change one that was given out.
type Object = books.Object

// Tokens is a token answer.
type Tokens = grants.Tokens

// Grant is one connection of an app to a company.
type Grant = grants.Grant

// Count is what a company was asked: total, throttled, metered, by the minute.
type Count = limits.Count

// Request is one logged request.
type Request = reqlog.Entry

// RequestFilter picks logged requests; zero fields do not matter.
type RequestFilter = reqlog.Filter

// API looks at the companies from Go and does what their users do. All methods
// are safe for many goroutines.
type API struct{ s *Stand }

// Realms lists the company ids.
func (a *API) Realms() []string {
	var out []string
	for _, c := range a.s.all() {
		out = append(out, c.Realm)
	}
	return out
}

// AddCompany makes one more company, filled like the others, and gives its realm.
func (a *API) AddCompany() string { return a.s.addOne().Realm }

// Connect gives tokens of a company without a user having to press a button;
// the app is the first one.
func (a *API) Connect(realm string) (Tokens, error) {
	if a.s.company(realm) == nil {
		return Tokens{}, fmt.Errorf("there is no company %s", realm)
	}
	return a.s.desk.Grant(a.s.opt.Apps[0].ID, realm), nil
}

// Objects lists all objects of an entity as they are now, also inactive ones;
// deleted ones are gone.
func (a *API) Objects(realm, entity string) []Object {
	c := a.s.company(realm)
	e, ok := books.EntityNamed(entity)
	if c == nil || !ok {
		return nil
	}
	return c.All(e)
}

// Version is an object as it was from a time on.
type Version = books.Version

// History lists all versions of the objects of an entity, object by object, each
// from its first one; also of those that were deleted.
func (a *API) History(realm, entity string) []Version {
	c := a.s.company(realm)
	e, ok := books.EntityNamed(entity)
	if c == nil || !ok {
		return nil
	}
	return c.History(e)
}

// JournalEntry is one write of an invoice or a credit memo; see its fields.
type JournalEntry = books.Entry

// Journal lists the writes of invoices and credit memos of a company in the order of
// time, those with a number above after; refused ones too.
func (a *API) Journal(realm string, after int) []JournalEntry {
	if c := a.s.company(realm); c != nil {
		return c.Journal(after, 0)
	}
	return nil
}

// Admit lets sales into the closed books whose private note holds a text, from now on.
func (a *API) Admit(realm, text string) {
	if c := a.s.company(realm); c != nil {
		c.Admit(text)
	}
}

// Settings gives the settings of a company.
func (a *API) Settings(realm string) Settings {
	if c := a.s.company(realm); c != nil {
		return c.Settings()
	}
	return Settings{}
}

// Configure changes the settings of a company.
func (a *API) Configure(realm string, change func(*Settings)) {
	if c := a.s.company(realm); c != nil {
		c.Configure(change)
	}
}

// Put writes an object as a user of the company does on QuickBooks' own pages:
// with an Id it is an update (SyncToken may be left out), without one a create.
func (a *API) Put(realm, entity string, doc Object) (Object, error) {
	return a.byHand(realm, entity, doc, (*books.Company).Write)
}

func (a *API) byHand(realm, entity string, doc Object, do func(*books.Company, books.Entity, Object, books.Options) (Object, *books.Fault)) (Object, error) {
	c := a.s.company(realm)
	e, ok := books.EntityNamed(entity)
	if c == nil || !ok {
		return nil, fmt.Errorf("there is no company %s, or no entity %s", realm, entity)
	}
	doc, err := wire(doc)
	if err != nil {
		return nil, err
	}
	out, f := c.ByHand(e, doc, do)
	return out, f.AsError()
}

// wire makes an object of Go values look as if it had been decoded from JSON.
func wire(doc Object) (Object, error) {
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the object: %w", err)
	}
	return books.Decode(data)
}

// Void voids a transaction, and Delete deletes it, as a user does.
func (a *API) Void(realm, entity, id string) error {
	_, err := a.byHand(realm, entity, Object{"Id": id}, (*books.Company).Void)
	return err
}

// Delete deletes a transaction as a user does.
func (a *API) Delete(realm, entity, id string) error {
	_, err := a.byHand(realm, entity, Object{"Id": id}, (*books.Company).Remove)
	return err
}

// Deposit says that the money of a transaction is in the bank: it cannot be changed
// any more.
func (a *API) Deposit(realm, entity, id string) error {
	c := a.s.company(realm)
	e, ok := books.EntityNamed(entity)
	if c == nil || !ok || !c.MarkDeposited(e, id) {
		return fmt.Errorf("there is no %s %s in a company %s", entity, id, realm)
	}
	return nil
}

// Counts tells what was asked of a company.
func (a *API) Counts(realm string) Count { return a.s.gate.Counts(realm) }

// SetLimits changes the limits of requests.
func (a *API) SetLimits(l Limits) { a.s.gate.Set(l) }

// ForgetCounts begins to count anew; the windows of the limits are empty too.
func (a *API) ForgetCounts() { a.s.gate.Reset() }

// Grants lists the connections of a company; of all companies for an empty realm.
func (a *API) Grants(realm string) []Grant { return a.s.desk.Grants(realm) }

// ExpireAccess ends the access tokens of a company.
func (a *API) ExpireAccess(realm string) { a.s.desk.ExpireAccess(realm) }

// ExpireRefresh ends the refresh tokens of a company.
func (a *API) ExpireRefresh(realm string) { a.s.desk.ExpireRefresh(realm) }

// Rotate makes the next refresh give a new refresh token.
func (a *API) Rotate(realm string) { a.s.desk.Rotate(realm) }

// Disconnect ends all connections of a company, as its user does.
func (a *API) Disconnect(realm string) { a.s.desk.Disconnect(realm) }

// ForgetRequestIDs forgets what was answered to which requestid.
func (a *API) ForgetRequestIDs(realm string) {
	if c := a.s.company(realm); c != nil {
		c.ForgetRequests()
	}
}

// Requests lists logged requests in the order of arrival.
func (a *API) Requests(f RequestFilter) []Request { return a.s.log.List(f) }

// Reset starts over: companies, connections, counts, orders and the log.
func (a *API) Reset() {
	a.s.mu.Lock()
	n := len(a.s.companies)
	a.s.companies = nil
	a.s.mu.Unlock()
	for i := range max(n, 1) {
		a.s.add(i)
	}
	a.s.desk.Forget()
	a.s.gate.Reset()
	a.s.log.Clear()
	a.s.faults.Clear()
}

// Await returns nil once done says so. It asks at once and after each change of
// the company; the context bounds the wait.
func (a *API) Await(ctx context.Context, realm string, done func(*API) bool) error {
	c := a.s.company(realm)
	if c == nil {
		return fmt.Errorf("there is no company %s", realm)
	}
	for {
		changed := c.Changed()
		if done(a) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the QuickBooks stand-in: %w", ctx.Err())
		}
	}
}
