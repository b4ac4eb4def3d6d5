package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Control is the control API of the sandbox: what users do by hand, and the truth
// about the account. No fault touches it.
type Control struct{ url string }

// Row is one invoice of a list.
type Row struct {
	ID       int64       `json:"id"`
	Status   string      `json:"status"`
	Total    json.Number `json:"total"`
	Comments int         `json:"comments"`
}

// View is one invoice with its lines.
type View struct {
	Status  string      `json:"status"`
	Total   json.Number `json:"total"`
	Invoice struct {
		Lines []map[string]any `json:"lines"`
	} `json:"invoice"`
}

// State is what the configuration needs to know of the account.
type State struct {
	TimeZone       string     `json:"timeZone"`
	ExternalSystem string     `json:"externalSystem"`
	CustomerTable  []TableRow `json:"customerTable"`
	ItemTable      []TableRow `json:"itemTable"`
}

// TableRow is one row of a mapping table.
type TableRow struct {
	ID  int64  `json:"id"`
	Key string `json:"key"`
}

// Invoices lists the invoices of a status, or all.
func (c *Control) Invoices(ctx context.Context, status string) ([]Row, error) {
	var out struct {
		Invoices []Row `json:"invoices"`
	}
	path := "/_sandbox/invoices"
	if status != "" {
		path += "?status=" + status
	}
	return out.Invoices, c.call(ctx, http.MethodGet, path, nil, &out)
}

// State tells about the account.
func (c *Control) State(ctx context.Context) (State, error) {
	var out State
	return out, c.call(ctx, http.MethodGet, "/_sandbox/state", nil, &out)
}

// View shows one invoice.
func (c *Control) View(ctx context.Context, id int64) (View, error) {
	var out View
	return out, c.call(ctx, http.MethodGet, one(id), nil, &out)
}

// Send presses the button.
func (c *Control) Send(ctx context.Context, id int64) error {
	return c.call(ctx, http.MethodPost, "/_sandbox/send", map[string]any{"ids": []int64{id}}, nil)
}

// Edit changes fields of an invoice and shows it afterwards.
func (c *Control) Edit(ctx context.Context, id int64, fields map[string]any) (View, error) {
	var out View
	return out, c.call(ctx, http.MethodPost, one(id)+"/edit", fields, &out)
}

// Move gives an invoice another status.
func (c *Control) Move(ctx context.Context, id int64, status string) error {
	return c.call(ctx, http.MethodPost, one(id)+"/status", map[string]any{"status": status}, nil)
}

func one(id int64) string { return "/_sandbox/invoices/" + strconv.FormatInt(id, 10) }

func (c *Control) call(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, send)
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
		return fmt.Errorf("%s %s: the sandbox answered %d: %s", method, path, resp.StatusCode, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	// Numbers stay as they are written: ids are larger than a float holds.
	dec := json.NewDecoder(bytes.NewReader(answer))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
