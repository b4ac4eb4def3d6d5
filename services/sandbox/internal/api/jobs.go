package api

import (
	"slices"
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

func jobTable(t *state.Tables) state.Table[book.Job] { return t.Jobs }

// listJobs gives scheduled jobs only, unless a status or a number is asked for.
func (a *API) listJobs(c *call) (any, error) {
	match, long := jobFilter(&c.query), false
	if asked, ok := c.query.boolean("longForm"); ok {
		long = asked
	}
	invoiced, wantsInvoiced := c.query.boolean("isInvoiced")
	var data any
	var err error
	a.readList(c, func(t *state.Tables) {
		billed := map[int64]bool{}
		for _, inv := range t.Invoices {
			billed[inv.JobID] = billed[inv.JobID] || inv.Status != state.StatusVoid
		}
		var picked []*book.Job
		for _, j := range t.Jobs.Sorted() {
			if match(j) && (!wantsInvoiced || billed[j.ID] == invoiced) {
				picked = append(picked, j)
			}
		}
		data, err = page(c, "jobs", jobPages, picked, func(j *book.Job) any { return a.job(t, j, long) })
	})
	return data, err
}

func jobFilter(q *query) func(*book.Job) bool {
	status, number := q.list("status"), q.values.Get("number")
	if len(status) == 0 && number == "" {
		status = []string{"scheduled"}
	}
	all := slices.Contains(status, "all")
	kind, location, customer := anyOf(q.list("type")), q.is("locationId"), q.is("customerId")
	offices, updated, wantedTags := anyOf(q.numbers("officeIds")), q.within("updated"), q.list("tag")
	begin, hasBegin := q.number("completedOnBegin")
	end, hasEnd := q.number("completedOnEnd")
	return func(j *book.Job) bool {
		return (len(status) == 0 || slices.Contains(status, j.Status) || (all && j.Status != "canceled")) &&
			(number == "" || strconv.FormatInt(j.Number, 10) == number) && kind(j.Type) && location(j.LocationID) &&
			customer(j.CustomerID) && offices(j.OfficeID) && updated(j.Updated) && containsAll(j.Tags, wantedTags) &&
			(!hasBegin || j.Completed >= begin) && (!hasEnd || (j.Completed != 0 && j.Completed <= end))
	}
}

func (a *API) getJob(c *call) (any, error) {
	long := true
	if asked, ok := c.query.boolean("longForm"); ok {
		long = asked
	}
	return one(a, c, "Job", jobTable, func(t *state.Tables, j *book.Job) any {
		if a.CompoundJobs {
			return a.compoundJob(t, j, long)
		}
		return a.job(t, j, long)
	})
}

func (a *API) createJob(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	if err := b.require("locationId", "type"); err != nil {
		return nil, err
	}
	j := book.Job{LocationID: b.number("locationId"), VendorID: b.number("vendorId"), Type: b.text("type")}
	if err := fillJob(b)(&j); err != nil {
		return nil, err
	}
	made, err := a.Store.AddJob(j, c.userID)
	if err != nil {
		return nil, err
	}
	return show(a, "Job", made.ID, jobTable, func(t *state.Tables, j *book.Job) any { return a.job(t, j, true) })
}

func (a *API) putJob(c *call) (any, error) {
	id, err := c.pathID("Job")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	fill := fillJob(b)
	if err := fill(&book.Job{}); err != nil {
		return nil, err
	}
	if _, err := a.Store.EditJob(id, func(j *book.Job) { _ = fill(j) }, c.userID); err != nil { // checked above
		return nil, err
	}
	return show(a, "Job", id, jobTable, func(t *state.Tables, j *book.Job) any { return a.job(t, j, true) })
}

func fillJob(b *body) func(*book.Job) error {
	return func(j *book.Job) error {
		texts(b, map[string]*string{
			"name": &j.Name, "customerPo": &j.CustomerPO, "description": &j.Description, "type": &j.Type, "status": &j.Status,
		})
		if len([]rune(j.CustomerPO)) > 40 {
			return badRequest("customerPo is longer than 40 characters")
		}
		return b.err()
	}
}
