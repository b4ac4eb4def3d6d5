package api

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// pathID reads the id of the path; what is no number cannot exist.
func (c *call) pathID(what string) (int64, error) {
	id, err := strconv.ParseInt(c.PathValue("id"), 10, 64)
	if err != nil {
		return 0, &state.RefusalError{Kind: state.NotFound, Text: what + " " + c.PathValue("id") + " not found"}
	}
	return id, nil
}

func (a *API) listInvoices(c *call) (any, error) {
	match := invoiceFilter(&c.query)
	order, err := invoiceOrder(&c.query)
	if err != nil {
		return nil, err
	}
	var data any
	a.readList(c, func(t *state.Tables) {
		var rows []*book.Invoice
		for _, inv := range t.Invoices {
			if match(t, inv) {
				rows = append(rows, inv)
			}
		}
		slices.SortFunc(rows, order)
		data, err = page(c, "invoices", invoicePages, rows, func(inv *book.Invoice) any { return a.invoice(t, inv, a.ListItems) })
	})
	return data, err
}

// invoiceFilter reads the parameters that ServiceTrade documents; others are
// ignored, as there.
func invoiceFilter(q *query) func(*state.Tables, *book.Invoice) bool {
	status, kind := anyOf(q.list("status")), anyOf(q.list("type"))
	customer, job, contract, user := q.is("customerId"), q.is("jobId"), q.is("contractId"), q.is("assignedUserId")
	created, updated, dated := q.within("created"), q.within("updated"), q.within("transactionDate")
	partial, recurrence := q.flag("partial"), q.is("invoiceRecurrenceId")
	wantedTags := q.list("tag")
	return func(t *state.Tables, inv *book.Invoice) bool {
		return status(inv.Status) && kind(inv.Type) && customer(inv.CustomerID) && job(inv.JobID) &&
			contract(inv.ContractID) && user(inv.AssignedUserID) && created(inv.Created) && updated(inv.Updated) &&
			dated(inv.TransactionDate) && partial(inv.Partial) && recurrence(0) && hasTags(t, inv, wantedTags)
	}
}

// hasTags wants all of the tags, which the sandbox keeps on the job.
func hasTags(t *state.Tables, inv *book.Invoice, wanted []string) bool {
	if len(wanted) == 0 {
		return true
	}
	job := t.Jobs[inv.JobID]
	return job != nil && containsAll(job.Tags, wanted)
}

func containsAll(have, wanted []string) bool {
	for _, w := range wanted {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}

// invoiceOrder is by name, unless the transaction date is asked for. There is
// no order by update, so rows move between pages while statuses change.
func invoiceOrder(q *query) (func(a, b *book.Invoice) int, error) {
	switch sort := q.values.Get("sort"); sort {
	case "", "name":
		return func(a, b *book.Invoice) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }, nil
	case "transactionDate":
		return func(a, b *book.Invoice) int {
			return cmp.Or(cmp.Compare(a.TransactionDate, b.TransactionDate), cmp.Compare(a.ID, b.ID))
		}, nil
	default:
		return nil, badRequest("Invalid parameter sort: must be name or transactionDate")
	}
}

func (a *API) getInvoice(c *call) (any, error) {
	id, err := c.pathID("Invoice")
	if err != nil {
		return nil, err
	}
	return a.showInvoice(id)
}

func (a *API) showInvoice(id int64) (data any, err error) {
	err = &state.RefusalError{Kind: state.NotFound, Text: "Invoice " + strconv.FormatInt(id, 10) + " not found"}
	a.Store.Read(func(t *state.Tables) {
		if inv := t.Invoices[id]; inv != nil {
			data, err = a.invoice(t, inv, true), nil
		}
	})
	return data, err
}

// putInvoice writes the fields that an integration may write. Voiding is left
// to users.
func (a *API) putInvoice(c *call) (any, error) {
	id, err := c.pathID("Invoice")
	if err != nil {
		return nil, err
	}
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	err = b.only("name", "invoiceNumber", "notes", "partial", "assignedUserId", "contractId", "transactionDate", "status")
	if err != nil {
		return nil, err
	}
	edit := state.InvoiceEdit{
		Name: b.textOrNil("name"), Number: b.textOrNil("invoiceNumber"), Notes: b.textOrNil("notes"),
		Status: b.textOrNil("status"), Partial: b.booleanOrNil("partial"), AssignedUserID: b.numberOrNil("assignedUserId"),
		ContractID: b.numberOrNil("contractId"), TransactionDate: b.numberOrNil("transactionDate"),
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	if edit.Status != nil && *edit.Status == state.StatusVoid {
		return nil, badRequest("Invalid status \"void\": an invoice is voided in the application")
	}
	if _, err := a.Store.EditInvoice(id, edit, c.userID); err != nil {
		return nil, err
	}
	return a.showInvoice(id)
}
