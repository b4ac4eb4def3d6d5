package target

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bookAPI is the control API of the stand-in for QuickBooks Online, of its first
// company: what its users do by hand, and the truth about its books.
type bookAPI struct {
	// url is that of the stand-in, company the path of the company.
	url, company string
}

// openBooks looks for the company.
func openBooks(ctx context.Context, url string) (*bookAPI, error) {
	b := &bookAPI{url: url}
	var all struct {
		Companies []struct{ Realm string }
	}
	if err := b.call(ctx, http.MethodGet, "/companies", nil, &all); err != nil {
		return nil, err
	}
	if len(all.Companies) != 1 {
		return nil, fmt.Errorf("the stand-in for QuickBooks has %d companies, not one", len(all.Companies))
	}
	b.company = "/companies/" + all.Companies[0].Realm
	return b, nil
}

func (b *bookAPI) configure(ctx context.Context, settings map[string]any) error {
	return b.call(ctx, http.MethodPatch, b.company, settings, nil)
}

func (b *bookAPI) limit(ctx context.Context, limits map[string]int) error {
	return b.call(ctx, http.MethodPut, "/limits", limits, nil)
}

func (b *bookAPI) order(ctx context.Context, order map[string]any) error {
	return b.call(ctx, http.MethodPost, "/faults", order, nil)
}

func (b *bookAPI) admit(ctx context.Context, note string) error {
	return b.call(ctx, http.MethodPost, b.company+"/admit", map[string]any{"note": note}, nil)
}

func (b *bookAPI) remove(ctx context.Context, p place) error {
	return b.call(ctx, http.MethodPost, b.company+"/objects/"+p.entity+"/"+p.id+"/delete", nil, nil)
}

// calm ends all orders, and tells how often each struck, by name, and how often the
// limits did.
func (b *bookAPI) calm(ctx context.Context) (map[string]int, error) {
	var orders struct {
		Orders []struct {
			Order  struct{ Name string }
			Struck int
		}
	}
	if err := b.call(ctx, http.MethodGet, "/faults", nil, &orders); err != nil {
		return nil, err
	}
	var counts struct{ Reasons map[string]int }
	if err := b.call(ctx, http.MethodGet, b.company+"/counts", nil, &counts); err != nil {
		return nil, err
	}
	struck := map[string]int{}
	for _, o := range orders.Orders {
		if o.Struck > 0 {
			struck[o.Order.Name] += o.Struck
		}
	}
	for reason, n := range counts.Reasons {
		if reason != "ordered" {
			struck["over its limit: "+reason] += n
		}
	}
	return struck, b.call(ctx, http.MethodDelete, "/faults", nil, nil)
}

// document is a sale as the API shows it.
type document struct {
	ID          string `json:"Id"`
	PrivateNote string
	TotalAmt    json.Number
}

// marker is that of the stamp in the private note, or "".
func (d document) marker() string {
	m := stamp.FindStringSubmatch(d.PrivateNote)
	if m == nil {
		return ""
	}
	return m[1]
}

// total has ServiceTrade's sign.
func (d document) total(entity string) string {
	kind := "invoice"
	if entity != "Invoice" {
		kind = "credit memo"
	}
	return signed(kind, d.TotalAmt.String())
}

func (d document) isVoid() bool { return strings.HasPrefix(d.PrivateNote, "Voided") }

// documents lists those of an entity that are there now.
func (b *bookAPI) documents(ctx context.Context, entity string) ([]document, error) {
	var all struct{ Objects []document }
	return all.Objects, b.call(ctx, http.MethodGet, b.company+"/objects/"+entity, nil, &all)
}

// written is an entry of the journal.
type written struct {
	Number      int
	Arrived, At time.Time
	What        string
	Entity      string
	Code        string
	Object      document
}

func (w written) event() Event {
	e := Event{At: w.At, What: w.What, Marker: w.Object.marker(), ID: w.Object.ID, Total: w.Object.total(w.Entity)}
	if !w.Arrived.IsZero() {
		e.Late = w.At.Sub(w.Arrived)
	}
	if w.Code != "" {
		e.Trouble = "refused with " + w.Code
	}
	return e
}

// journal lists the entries that come after so many.
func (b *bookAPI) journal(ctx context.Context, after int) ([]written, error) {
	var all struct{ Entries []written }
	return all.Entries, b.call(ctx, http.MethodGet, b.company+"/journal?after="+strconv.Itoa(after), nil, &all)
}

// call makes one call of the control API.
func (b *bookAPI) call(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.url+"/_quickbooks"+path, send)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: the stand-in for QuickBooks answered %d: %s", method, path, resp.StatusCode, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
