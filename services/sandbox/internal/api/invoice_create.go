package api

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// createInvoice makes an invoice from a job, or from a customer and a location.
func (a *API) createInvoice(c *call) (any, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return nil, err
	}
	err = b.only("name", "invoiceNumber", "notes", "partial", "assignedUserId", "contractId", "transactionDate", "status",
		"type", "jobId", "locationId", "customerId", "vendorId", "items", "applyTax")
	if err != nil {
		return nil, err
	}
	inv := book.Invoice{
		Name: b.text("name"), Number: b.text("invoiceNumber"), Notes: b.text("notes"), Partial: b.boolean("partial"),
		AssignedUserID: b.number("assignedUserId"), ContractID: b.number("contractId"), Status: b.text("status"),
		Type: b.text("type"), JobID: b.number("jobId"), LocationID: b.number("locationId"),
		CustomerID: b.number("customerId"), VendorID: b.number("vendorId"), TransactionDate: b.number("transactionDate"),
	}
	if err := a.fillInvoice(b, &inv); err != nil {
		return nil, err
	}
	made, err := a.Store.CreateInvoice(inv, nil, c.userID)
	if err != nil {
		return nil, err
	}
	return a.showInvoice(made.ID)
}

func (a *API) fillInvoice(b *body, inv *book.Invoice) error {
	if inv.Status == "" {
		inv.Status = state.StatusOK
	}
	if inv.Type == "" {
		inv.Type = "invoice"
	}
	if !slices.Contains([]string{"invoice", "vendorbill", "external", "unknown"}, inv.Type) {
		return badRequest("Invalid type " + inv.Type)
	}
	if inv.TransactionDate == 0 {
		inv.TransactionDate = a.Now().Unix()
	}
	var err error
	if b.has("items") {
		inv.Lines, err = readItems(b.fields["items"])
	}
	if err == nil {
		err = b.err()
	}
	if err == nil {
		a.Store.Read(func(t *state.Tables) { err = fillFromJob(t, b, inv) })
	}
	return err
}

// fillFromJob takes customer and place from the job, which then must not be
// given, and the lines from the job's items when there are none.
func fillFromJob(t *state.Tables, b *body, inv *book.Invoice) error {
	if inv.ContractID != 0 && t.Contracts[inv.ContractID] == nil {
		return badRequest(fmt.Sprintf("contractId: no contract %d", inv.ContractID))
	}
	if inv.JobID == 0 {
		if t.Companies[inv.CustomerID] == nil || t.Locations[inv.LocationID] == nil {
			return badRequest("jobId, or customerId and locationId, are required")
		}
		return nil
	}
	if inv.CustomerID+inv.LocationID+inv.VendorID != 0 {
		return badRequest("customerId, locationId and vendorId must not be given together with jobId")
	}
	job := t.Jobs[inv.JobID]
	if job == nil {
		return badRequest(fmt.Sprintf("jobId: no job %d", inv.JobID))
	}
	inv.CustomerID, inv.LocationID, inv.VendorID = job.CustomerID, job.LocationID, job.VendorID
	if inv.Name == "" {
		inv.Name = job.Name
	}
	if inv.ContractID != 0 && job.ContractID != 0 && inv.ContractID != job.ContractID {
		return &state.RefusalError{Kind: state.Conflict, Text: "The contract does not apply to the job"}
	}
	if b.has("items") {
		return nil
	}
	if inv.ContractID == 0 {
		return badRequest("contractId is required to price the job's items")
	}
	inv.Lines = jobLines(t, inv.JobID)
	return nil
}

// jobLines bills a job's items at cost, since contracts hold no prices here.
func jobLines(t *state.Tables, jobID int64) []book.Line {
	var out []book.Line
	for _, i := range t.JobItems.Sorted() {
		if i.JobID != jobID {
			continue
		}
		line := book.Line{Description: i.Name, Quantity: i.Quantity, LibItemID: i.LibItemID, ServiceLineID: i.ServiceLineID}
		if i.Cost != nil {
			line.Price = *i.Cost
		}
		out = append(out, line)
	}
	return out
}

func readItems(raw json.RawMessage) ([]book.Line, error) {
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, badRequest("Invalid field: items")
	}
	out := make([]book.Line, 0, len(items))
	for i, fields := range items {
		b := &body{fields: fields}
		line := book.Line{
			Description: b.text("description"), Quantity: b.amount("quantity"), Price: b.amount("price"),
			Taxable: b.boolean("taxable"), LibItemID: b.number("libItemId"), ServiceLineID: b.number("serviceLineId"),
		}
		if err := b.require("quantity", "price"); err != nil {
			return nil, badRequest(fmt.Sprintf("items[%d]: %s", i, err.Error()))
		}
		out = append(out, line)
	}
	return out, nil
}
