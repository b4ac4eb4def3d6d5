package api

import (
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

func libItemTable(t *state.Tables) state.Table[book.LibItem]         { return t.LibItems }
func jobItemTable(t *state.Tables) state.Table[book.JobItem]         { return t.JobItems }
func serviceLineTable(t *state.Tables) state.Table[book.ServiceLine] { return t.ServiceLines }
func userTable(t *state.Tables) state.Table[book.User]               { return t.Users }

func (a *API) listLibItems(c *call) (any, error) {
	name, code, kind := strings.ToLower(c.query.values.Get("name")), c.query.values.Get("code"), anyOf(c.query.list("type"))
	match := func(i *book.LibItem) bool {
		return strings.Contains(strings.ToLower(i.Name), name) && (code == "" || i.Code == code) && kind(i.Type)
	}
	return rows(a, c, "libItems", otherPages, libItemTable, match,
		func(_ *state.Tables, i *book.LibItem) any { return a.libItem(i) })
}

func (a *API) getLibItem(c *call) (any, error) {
	return one(a, c, "Library item", libItemTable, func(_ *state.Tables, i *book.LibItem) any { return a.libItem(i) })
}

func showServiceLine(t *state.Tables, s *book.ServiceLine) any { return serviceLine(t, s.ID) }

func (a *API) listServiceLines(c *call) (any, error) {
	return rows(a, c, "serviceLines", otherPages, serviceLineTable, nil, showServiceLine)
}

func (a *API) getServiceLine(c *call) (any, error) {
	return one(a, c, "Service line", serviceLineTable, showServiceLine)
}

func (a *API) showUser(t *state.Tables, u *book.User) any { return a.user(t, u) }

func (a *API) listUsers(c *call) (any, error) {
	company, tech := c.query.is("company"), c.query.flag("isTech")
	match := func(u *book.User) bool { return company(u.CompanyID) && tech(u.Tech) }
	return rows(a, c, "users", otherPages, userTable, match, a.showUser)
}

func (a *API) getUser(c *call) (any, error) { return one(a, c, "User", userTable, a.showUser) }

func (a *API) showJobItem(t *state.Tables, i *book.JobItem) any { return a.jobItem(t, i) }

func (a *API) listJobItems(c *call) (any, error) {
	job, updated, created := c.query.is("jobId"), c.query.within("updated"), c.query.within("created")
	match := func(i *book.JobItem) bool { return job(i.JobID) && updated(i.Updated) && created(i.Created) }
	return rows(a, c, "jobItems", otherPages, jobItemTable, match, a.showJobItem)
}

func (a *API) getJobItem(c *call) (any, error) {
	return one(a, c, "Job item", jobItemTable, a.showJobItem)
}

func (a *API) createJobItem(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if err := b.require("jobId", "quantity"); err != nil {
		return nil, err
	}
	i := book.JobItem{JobID: b.number("jobId")}
	if err := fillJobItem(b)(&i); err != nil {
		return nil, err
	}
	made, err := a.Store.AddJobItem(i, c.userID)
	if err != nil {
		return nil, err
	}
	return show(a, "Job item", made.ID, jobItemTable, a.showJobItem)
}

func (a *API) putJobItem(c *call) (any, error) {
	id, err := c.pathID("Job item")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	fill := fillJobItem(b)
	if err := fill(&book.JobItem{}); err != nil {
		return nil, err
	}
	if _, err := a.Store.EditJobItem(id, func(i *book.JobItem) { _ = fill(i) }, c.userID); err != nil { // checked above
		return nil, err
	}
	return show(a, "Job item", id, jobItemTable, a.showJobItem)
}

// fillJobItem writes the fields that the body has. Clients spell the library
// item both ways.
func fillJobItem(b *body) func(*book.JobItem) error {
	return func(i *book.JobItem) error {
		var source wireSource
		b.decode("source", &source)
		if source.Type != "" {
			i.SourceType, i.SourceValue = source.Type, source.Value
		}
		texts(b, map[string]*string{"name": &i.Name})
		if q := b.amountOrNil("quantity"); q != nil {
			i.Quantity = *q
		}
		if cost := b.amountOrNil("cost"); cost != nil {
			i.Cost = cost
		}
		for name, target := range map[string]*int64{
			"libitemId": &i.LibItemID, "libItemId": &i.LibItemID, "serviceLineId": &i.ServiceLineID,
		} {
			if id := b.numberOrNil(name); id != nil {
				*target = *id
			}
		}
		return b.err()
	}
}
