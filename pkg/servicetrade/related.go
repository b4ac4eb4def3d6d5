package servicetrade

import (
	"context"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Company reads a company with address and external ids, which an invoice's own
// customer does not carry.
func (c *Client) Company(ctx context.Context, id int64) (*tradepostv1.ServiceTradeCompany, error) {
	return read(ctx, c, "company", id, decodeCompany)
}

// Location reads a location (a job site).
func (c *Client) Location(ctx context.Context, id int64) (*tradepostv1.ServiceTradeLocation, error) {
	return read(ctx, c, "location", id, decodeLocation)
}

// Job reads a job, in either of the two shapes that ServiceTrade answers with.
func (c *Client) Job(ctx context.Context, id int64) (*tradepostv1.ServiceTradeJob, error) {
	detail, err := c.JobDetail(ctx, id)
	return detail.Job, err
}

// JobDetail is a job and the records that it is for.
type JobDetail struct {
	Job *tradepostv1.ServiceTradeJob
	// Customer and Location are nil when the job names none.
	Customer *tradepostv1.NamedRef
	Location *tradepostv1.NamedRef
}

// JobDetail reads a job with its customer and location.
func (c *Client) JobDetail(ctx context.Context, id int64) (JobDetail, error) {
	return read(ctx, c, "job", id, decodeJob)
}

// LibItem reads a library item.
func (c *Client) LibItem(ctx context.Context, id int64) (*tradepostv1.ServiceTradeLibItem, error) {
	return read(ctx, c, "libitem", id, decodeLibItem)
}

// externalIDKinds are the records that can have external ids. Invoices cannot.
var externalIDKinds = map[string]bool{
	"asset": true, "company": true, "contact": true, "contract": true, "deficiency": true,
	"job": true, "jobitem": true, "libitem": true, "location": true, "quote": true, "user": true,
}

// ExternalIDs reads the external ids (system name to value) of a record; kind is
// ServiceTrade's lower-case word, for example company or libitem.
func (c *Client) ExternalIDs(ctx context.Context, kind string, id int64) (map[string]string, error) {
	if !externalIDKinds[kind] {
		return nil, fmt.Errorf("read external ids: a %q has none in ServiceTrade", kind)
	}
	return read(ctx, c, "externalid/"+kind, id, func(body []byte, _ int64) (map[string]string, error) {
		data, err := dataObject(body)
		if err != nil {
			return nil, err
		}
		return stringMap(data["values"]), nil
	})
}

// read is GET /<kind>/<id>.
func read[T any](ctx context.Context, c *Client, kind string, id int64, decode func([]byte, int64) (T, error)) (T, error) {
	var zero, record T
	if id <= 0 {
		return zero, fmt.Errorf("read %s %d: %w", kind, id, errNoID)
	}
	err := c.get(ctx, request{path: entityPath(kind, id)}, func(body []byte) (err error) {
		record, err = decode(body, id)
		return err
	})
	if err != nil {
		return zero, err
	}
	return record, nil
}
