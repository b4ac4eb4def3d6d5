package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// company compares the books with those that the connection was first used with.
// Connector.Company may set up books that were never used, so for a connection that
// was never used a look-up, which changes nothing, comes first: it finds no books
// where there are none. Of one that was used, a look-up refuses other books.
// there is false when the books could not be looked at.
func (d *doctor) company(ctx context.Context, c check, conn *connection.Connection, made connector.Connector) (there bool, results []Result) {
	stored, why := d.storedCompany(ctx, conn.ID)
	if stored.GetCompanyId() == "" {
		_, err := made.Find(ctx, connector.Query{
			Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: fmt.Sprintf("st-%s-0", conn.AccountID),
		})
		if err != nil {
			return false, c.paused(stored, c.noBooks(stored, why, err))
		}
	}
	now, err := made.Company(ctx)
	if err != nil {
		return false, c.paused(stored, c.noBooks(stored, why, err))
	}
	r := c.ok("%s (%s)", now.Name, now.ID)
	switch {
	case why != "":
		r.Looked += "; not compared with earlier use: " + why
	case stored.GetCompanyId() == "":
		r.Looked += "; the connection was never used, and will be bound to it at first use"
	case stored.GetCompanyId() == now.ID:
		r.Looked += ", as at first use"
	default:
		r = c.fault(fault.New("connection.company_changed", fault.Args{Params: map[string]string{
			"connection": conn.ID, "company": named(stored.GetCompanyName(), stored.GetCompanyId()), "found": named(now.Name, now.ID),
		}}))
	}
	return true, c.paused(stored, r)
}

func named(name, id string) string { return fmt.Sprintf("%s (%s)", name, id) }

// noBooks tells books that are gone from books that were never there. unknown says
// why it is not known whether the connection was used before.
func (c check) noBooks(stored *tradepostv1.ConnectionRecord, unknown string, err error) Result {
	what := err.Error()
	answer, _ := connector.AnswerOf(err)
	wait, waits := answer.(connector.Wait)
	if waits {
		what = wait.Message
	}
	missing := waits && wait.Reason == connector.ReasonBooksMissing
	if missing && unknown != "" {
		return c.warn(operator, "New connection: nothing to do, Tradepost sets the books up at first use. Otherwise bring the books back. "+
			"To let doctor tell which, start Tradepost, and name its NATS server with TRADEPOST_NATS_URL if it is another than doctor asked.",
			"there are no books (%s), and whether the connection had some is not known: %s", what, unknown)
	}
	if missing && stored.GetCompanyId() == "" {
		return c.skip("there are no books yet (%s); Tradepost sets them up when the connection is first used. "+
			"If there should be some, check the settings", what)
	}
	r := c.fail(admin, "Check the settings of the connection, and that the books are where they were.", "the books cannot be looked at: %s", what)
	if stored.GetCompanyId() != "" {
		r.Looked = "the connection was first used with " + named(stored.GetCompanyName(), stored.GetCompanyId())
	}
	return r
}

// paused adds a pause of the connection.
func (c check) paused(stored *tradepostv1.ConnectionRecord, r Result) []Result {
	pause := stored.GetPause()
	if pause == nil {
		return []Result{r}
	}
	until := ""
	if pause.GetUntil().IsValid() {
		until = " until " + pause.GetUntil().AsTime().Format(time.RFC3339)
	}
	return []Result{r, check{c.system, "pause"}.warn(operator, "Nothing, if that is meant; its invoices wait.",
		"paused by %s%s: %s", pause.GetBy(), until, pause.GetReason())}
}

// ranBefore tells whether `tradepost up` ever ran with a NATS server of its own.
func (d *doctor) ranBefore() bool {
	_, err := os.Stat(filepath.Join(d.config.DataDir, "nats"))
	return !errors.Is(err, fs.ErrNotExist)
}

// storedCompany reads the connection's record; why says why it could not.
func (d *doctor) storedCompany(ctx context.Context, id string) (r *tradepostv1.ConnectionRecord, why string) {
	n, ok := d.nats.get(ctx)
	if !ok {
		return nil, "NATS did not answer"
	}
	if n.js == nil {
		if d.config.NATS.URL == "" && !d.ranBefore() {
			return nil, ""
		}
		return nil, n.why
	}
	kv, err := n.js.KeyValue(ctx, bus.BucketConnections)
	if err != nil {
		return nil, fmt.Sprintf("bucket %s: %v", bus.BucketConnections, err)
	}
	e, err := kv.Get(ctx, id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, ""
	case err != nil:
		return nil, fmt.Sprintf("record of the connection: %v", err)
	}
	r = &tradepostv1.ConnectionRecord{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(e.Value(), r); err != nil {
		return nil, fmt.Sprintf("record of the connection: %v", err)
	}
	return r, ""
}
