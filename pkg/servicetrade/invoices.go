package servicetrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The API's values of an invoice's status. Others may come and are passed on.
const (
	StatusOK                = "ok"
	StatusDraft             = "draft"
	StatusInternalReview    = "internal_review"
	StatusPendingAccounting = "pending_accounting"
	StatusProcessed         = "processed"
	StatusFailed            = "failed"
	StatusSent              = "sent"
	StatusPaid              = "paid"
	StatusVoid              = "void"
)

// TypeInvoice is the type of a customer's invoice, as against vendor bills and
// external ones.
const TypeInvoice = "invoice"

const invoicePageSize = 2000 // the API's own most

var errNoID = errors.New("an id above 0 is needed")

// Invoice reads one invoice afresh, with its lines.
func (c *Client) Invoice(ctx context.Context, id int64) (*tradepostv1.ServiceTradeInvoice, error) {
	return read(ctx, c, "invoice", id, decodeInvoice)
}

// InvoiceQuery selects invoices of a list.
type InvoiceQuery struct {
	// Status holds the statuses wanted; at least one, since a list without it
	// mixes in void invoices.
	Status []string
	// Type is the invoice type; "" means TypeInvoice.
	Type string
	// UpdatedAfter leaves out what was not changed since; zero leaves out nothing.
	UpdatedAfter time.Time
}

// InvoiceRow is what a list shows of an invoice. It may be stale by the time it
// is read: an invoice is read by id before anything is done with it.
type InvoiceRow struct {
	ID     int64
	Status string
	// Updated is in Unix seconds; 0 when the row does not say.
	Updated       int64
	InvoiceNumber string
	// TransactionDate is in Unix seconds; 0 when the row does not say.
	TransactionDate int64
}

// Invoices lists invoices over all pages. Without an error every invoice is there
// that the list held all the while. With one the rows seen so far are returned too:
// they are valid, but perhaps not the whole. An invoice that is missing from a list
// is never proof of anything.
func (c *Client) Invoices(ctx context.Context, q InvoiceQuery) ([]InvoiceRow, error) {
	if len(q.Status) == 0 || slices.Contains(q.Status, "") {
		return nil, errors.New("list invoices: a status is needed, or vendor bills and void invoices come along")
	}
	query := url.Values{
		"status": {strings.Join(q.Status, ",")},
		"type":   {orDefault(q.Type, TypeInvoice)},
	}
	if !q.UpdatedAfter.IsZero() {
		query.Set("updatedAfter", strconv.FormatInt(q.UpdatedAfter.Unix(), 10))
	}
	rows := map[int64]InvoiceRow{}
	var order []int64
	err := c.list(ctx, listing{
		path:   "/invoice",
		query:  query,
		plural: "invoices",
		limit:  invoicePageSize,
		row: func(o object) int64 {
			row := decodeRow(o)
			if row.ID <= 0 {
				return 0
			}
			if _, known := rows[row.ID]; !known {
				order = append(order, row.ID)
			}
			rows[row.ID] = row
			return row.ID
		},
	})
	found := make([]InvoiceRow, len(order))
	for i, id := range order {
		found[i] = rows[id]
	}
	return found, err
}

// StatusChange is what SetStatus writes.
type StatusChange struct {
	Status string
	// InvoiceNumber replaces the invoice's number; "" leaves it.
	InvoiceNumber string
}

// SetStatus writes status and number in one PUT and returns the invoice of the
// answer, which the caller compares: ServiceTrade has no conditional write. It is
// never repeated by itself; see WriteUncertain. It honours connector.CheckFence.
func (c *Client) SetStatus(ctx context.Context, id int64, change StatusChange) (*tradepostv1.ServiceTradeInvoice, error) {
	if id <= 0 {
		return nil, fmt.Errorf("set the status of an invoice: %w", errNoID)
	}
	if change.Status == "" {
		return nil, fmt.Errorf("set the status of invoice %d: no status given", id)
	}
	body, err := json.Marshal(struct {
		Status        string `json:"status"`
		InvoiceNumber string `json:"invoiceNumber,omitempty"`
	}{change.Status, change.InvoiceNumber})
	if err != nil {
		return nil, fmt.Errorf("encode the status of invoice %d: %w", id, err)
	}
	var inv *tradepostv1.ServiceTradeInvoice
	err = c.send(ctx, request{method: "PUT", path: entityPath("invoice", id), body: body}, func(answer []byte) (err error) {
		inv, err = decodeInvoice(answer, id)
		return err
	})
	return inv, err
}
