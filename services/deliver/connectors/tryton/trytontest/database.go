package trytontest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// Database is one database of a server. Its methods act as admin.
type Database struct {
	Name string
	s    *Server
	file string

	mu      sync.Mutex
	auth    string
	context map[string]any
}

// UniqueIndex makes the index that keeps a second invoice of a marker out.
func (d *Database) UniqueIndex() {
	d.s.t.Helper()
	d.s.sql(d.file, `create unique index tradepost_reference on account_invoice (company, reference)
		where type = 'out' and reference like 'st-%' and state <> 'cancelled'`)
}

// Drafts counts the invoices of Tradepost that are not posted, in the file: also while the
// server is not running.
func (d *Database) Drafts() int {
	d.s.t.Helper()
	cmd := exec.Command(python, "-c", "import sqlite3, sys; print(sqlite3.connect(sys.argv[1], timeout=60).execute(sys.argv[2]).fetchone()[0])", d.file,
		"select count(*) from account_invoice where state = 'draft' and reference like 'st-%'")
	out, err := cmd.CombinedOutput()
	require.NoError(d.s.t, err, "%s", out)
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(d.s.t, err)
	return n
}

// Clear removes all invoices and moves, as if there had never been any.
func (d *Database) Clear() {
	d.s.t.Helper()
	var all strings.Builder
	for _, table := range []string{
		"account_invoice_line_account_tax", "account_invoice_tax", "account_invoice_line", "account_invoice", "account_tax_line",
		"account_move_line", "account_move", "account_move_reconciliation",
	} {
		fmt.Fprintf(&all, "delete from %s;\n", table)
	}
	d.s.sql(d.file, all.String())
}

// Call makes one call as admin; the context is added to params.
func (d *Database) Call(method string, params ...any) json.RawMessage {
	d.s.t.Helper()
	result, err := d.Try(method, params...)
	require.NoError(d.s.t, err)
	return result
}

// Try is Call for calls that may be refused.
func (d *Database) Try(method string, params ...any) (json.RawMessage, error) {
	d.s.t.Helper()
	d.signIn()
	return d.exchange(d.auth, method, append(params, d.context))
}

func (d *Database) signIn() {
	d.s.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.auth != "" {
		return
	}
	raw, err := d.exchange("", "common.db.login", []any{Admin, map[string]string{"password": AdminPassword}})
	require.NoError(d.s.t, err)
	var granted [2]any
	require.NoError(d.s.t, json.Unmarshal(raw, &granted))
	d.auth = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s:%v:%v", Admin, granted[0], granted[1]))
	raw, err = d.exchange(d.auth, "model.res.user.get_preferences", []any{true, map[string]any{}})
	require.NoError(d.s.t, err)
	require.NoError(d.s.t, json.Unmarshal(raw, &d.context))
}

func (d *Database) exchange(auth, method string, params []any) (json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"id": 1, "method": method, "params": params})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, d.s.URL+"/"+d.Name+"/", bytes.NewReader(body)) //nolint:noctx // tests have a time of their own
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if auth != "" {
		req.Header.Set("Authorization", "Session "+auth)
	}
	client := &http.Client{Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Result json.RawMessage   `json:"result"`
		Error  []json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%s: %s: %s", method, resp.Status, raw)
	}
	if len(answer.Error) > 0 {
		return nil, fmt.Errorf("%s: %s", method, bytes.Join(toBytes(answer.Error), []byte(" ")))
	}
	return answer.Result, nil
}

func toBytes(parts []json.RawMessage) [][]byte {
	all := make([][]byte, len(parts))
	for i, p := range parts {
		all[i] = p
	}
	return all
}

// Search reads the records of a model that meet a domain.
func (d *Database) Search(into any, model string, domain []any, fields ...string) {
	d.s.t.Helper()
	if domain == nil {
		domain = []any{}
	}
	raw := d.Call("model."+model+".search_read", domain, 0, nil, nil, fields)
	require.NoError(d.s.t, json.Unmarshal(raw, into))
}

// Decimal is an amount as Tryton sends it; zero for none.
type Decimal struct{ decimal.Decimal }

// UnmarshalJSON reads Tryton's form of a decimal, or null.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	var v struct{ Decimal string }
	if err := json.Unmarshal(raw, &v); err != nil || v.Decimal == "" {
		return err
	}
	var err error
	d.Decimal, err = decimal.NewFromString(v.Decimal)
	return err
}

// MarshalJSON writes Tryton's form of a decimal.
func (d Decimal) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"__class__": "Decimal", "decimal": d.String()})
}

// Day is a day, YYYY-MM-DD, on its way to Tryton.
func Day(t testing.TB, day string) map[string]any {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	require.NoError(t, err)
	return map[string]any{"__class__": "date", "year": at.Year(), "month": int(at.Month()), "day": at.Day()}
}
