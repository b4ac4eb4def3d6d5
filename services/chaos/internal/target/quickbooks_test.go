package target

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/chaos/internal/plan"
)

// host starts programs for a test.
type host struct {
	t        *testing.T
	binaries string
}

// newHost builds the stand-ins: they are reached as a process only.
func newHost(t *testing.T) *host {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir+"/", "github.com/tradepost/tradepost/services/sandbox/cmd/sandbox")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return &host{t, dir}
}

// Serve implements Host.
func (h *host) Serve(http.Handler) (string, error) { return "", io.ErrUnexpectedEOF }

// Spawn implements Host.
func (h *host) Spawn(ctx context.Context, _, program, readyPath string, args func(address string) []string) (string, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(h.t, err)
	address := free.Addr().String()
	require.NoError(h.t, free.Close())
	cmd := exec.CommandContext(ctx, filepath.Join(h.binaries, program), args(address)...)
	require.NoError(h.t, cmd.Start())
	h.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.Eventually(h.t, func() bool {
		resp, err := http.Get("http://" + address + readyPath)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, time.Minute, 10*time.Millisecond)
	return address, nil
}

// ledger is the stand-in's books, with a program that writes into them.
type ledger struct {
	*QuickBooks
	t     *testing.T
	token string
}

func openQuickBooks(t *testing.T, forgetful, crippled bool) *ledger {
	t.Helper()
	b := &ledger{QuickBooks: NewQuickBooks(plan.Options{Seed: 3, Invoices: 20}, forgetful), t: t}
	address, err := b.Start(t.Context(), newHost(t), crippled)
	require.NoError(t, err)
	require.Equal(t, "http://"+address, b.api.url)
	// What goes wrong on purpose has its own test; here it would only be in the way.
	require.NoError(t, b.api.call(t.Context(), http.MethodDelete, "/faults", nil, nil))
	var tokens struct {
		Access string `json:"access_token"`
	}
	require.NoError(t, b.api.call(t.Context(), http.MethodPost, b.api.company+"/tokens", nil, &tokens))
	b.token = tokens.Access
	return b
}

// write posts a sale with a marker on a day.
func (b *ledger) write(resource, requestID, marker, day, amount string) (status int, id string) {
	b.t.Helper()
	body, err := json.Marshal(map[string]any{
		"CustomerRef": map[string]any{"value": "1"}, "TxnDate": day, "DocNumber": "7", "PrivateNote": "[" + marker + " hash check]",
		"Line": []any{map[string]any{
			"DetailType": "SalesItemLineDetail", "Amount": json.Number(amount),
			"SalesItemLineDetail": map[string]any{"ItemRef": map[string]any{"value": "1"}},
		}},
	})
	require.NoError(b.t, err)
	address := fmt.Sprintf("%s/v3/company/%s/%s?requestid=%s", b.api.url, filepath.Base(b.api.company), resource, requestID)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, bytes.NewReader(body))
	require.NoError(b.t, err)
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	var out struct{ Invoice, CreditMemo struct{ ID string } }
	_ = json.Unmarshal(text, &out) // A refusal has none.
	return resp.StatusCode, out.Invoice.ID + out.CreditMemo.ID
}

func (b *ledger) happened() []string {
	b.t.Helper()
	events, err := b.Events(b.t.Context())
	require.NoError(b.t, err)
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprint(e.What, " ", e.Marker, " ", e.Total, e.Trouble))
	}
	return all
}

func (b *ledger) totals() map[string][]string {
	b.t.Helper()
	all, err := b.Totals(b.t.Context())
	require.NoError(b.t, err)
	return all
}

func TestTheJudgeSeesWhatTheBooksOfQuickBooksHave(t *testing.T) {
	b := openQuickBooks(t, false, false)
	status, id := b.write("invoice", "one", "st-chaos-1", "2026-08-17", "10.00")
	require.Equal(t, http.StatusOK, status)
	status, again := b.write("invoice", "one", "st-chaos-1", "2026-08-17", "10.00")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, id, again, "the answer is told again")
	status, _ = b.write("creditmemo", "two", "st-chaos-2", "2026-08-17", "5.00")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, []string{"created st-chaos-1 10", "created st-chaos-2 -5"}, b.happened())
	require.Equal(t, map[string][]string{"st-chaos-1": {"10"}, "st-chaos-2": {"-5"}}, b.totals())

	was, err := b.Delete(t.Context(), "st-chaos-1")
	require.NoError(t, err)
	require.True(t, was)
	was, err = b.Delete(t.Context(), "st-chaos-1")
	require.NoError(t, err)
	require.False(t, was, "it is gone")
	require.Equal(t, "deleted st-chaos-1 10", b.happened()[2])
	require.Equal(t, map[string][]string{"st-chaos-2": {"-5"}}, b.totals())
	events, err := b.Events(t.Context())
	require.NoError(t, err)
	require.Equal(t, id, events[2].ID)
	require.Less(t, events[0].Late, time.Minute)
}

func TestABookkeeperOpensTheClosedBooksOfQuickBooks(t *testing.T) {
	b := openQuickBooks(t, false, false)
	day := b.RefusedDate().Format(time.DateOnly)
	status, _ := b.write("invoice", "one", "st-chaos-1", day, "10.00")
	require.Equal(t, http.StatusBadRequest, status)
	require.NoError(t, b.Admit(t.Context(), "st-chaos-1"))
	status, _ = b.write("invoice", "two", "st-chaos-1", day, "10.00")
	require.Equal(t, http.StatusOK, status)
	status, _ = b.write("invoice", "three", "st-chaos-12", day, "10.00")
	require.Equal(t, http.StatusBadRequest, status, "another one")
	require.Equal(t, []string{"refused st-chaos-1 refused with 6200", "created st-chaos-1 10", "refused st-chaos-12 refused with 6200"}, b.happened())
	was, err := b.Delete(t.Context(), "st-chaos-1")
	require.NoError(t, err)
	require.True(t, was)
}

// Forgetful books keep nobody from making a document twice: not by its number, and not
// by its requestid.
func TestForgetfulBooksTakeADocumentTwice(t *testing.T) {
	b := openQuickBooks(t, true, false)
	for range 2 {
		status, _ := b.write("invoice", "one", "st-chaos-1", "2026-08-17", "10.00")
		require.Equal(t, http.StatusOK, status)
	}
	require.Equal(t, map[string][]string{"st-chaos-1": {"10", "10"}}, b.totals())
}

func TestWhatGoesWrongInQuickBooksIsOrderedAndCounted(t *testing.T) {
	q := NewQuickBooks(plan.Options{Seed: 3, Invoices: 20}, false)
	_, err := q.Start(t.Context(), newHost(t), false)
	require.NoError(t, err)
	var orders struct{ Orders []struct{ Active bool } }
	require.NoError(t, q.api.call(t.Context(), http.MethodGet, "/faults", nil, &orders))
	require.Len(t, orders.Orders, len(bookTroubles()))
	require.NoError(t, q.api.order(t.Context(), map[string]any{"name": "always", "fault": "server-error", "resource": "token", "next": 3}))
	for range 2 {
		resp, err := http.Post(q.api.url+"/oauth2/v1/tokens/bearer", "application/x-www-form-urlencoded", http.NoBody)
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	struck, err := q.Calm(t.Context())
	require.NoError(t, err)
	all := 0
	for _, n := range struck {
		all += n
	}
	require.GreaterOrEqual(t, all, 2, struck)
	require.NoError(t, q.api.call(t.Context(), http.MethodGet, "/faults", nil, &orders))
	require.Empty(t, orders.Orders)
}

func TestTheConnectionToQuickBooks(t *testing.T) {
	b := openQuickBooks(t, false, false)
	c := b.Connection("http://127.0.0.1:7", false)
	require.Equal(t, "quickbooksonline", c.Connector)
	app, ok := c.Settings["app"].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "http://127.0.0.1:7/oauth2/v1/tokens/bearer", app["token_url"], "by the line that can be cut")
	require.Equal(t, b.api.url+"/connect/oauth2", app["authorize_url"], "by the operator's own")
	require.Equal(t, b.api.url, b.Operator().Settings["url"])
	require.Greater(t, b.ClaimTime(), 20*time.Second)
}

func TestTargetsHaveNames(t *testing.T) {
	for _, name := range Names() {
		require.NoError(t, Check(name))
		require.NotNil(t, New(name, plan.Options{Seed: 1}))
	}
	require.ErrorContains(t, Check("ledger"), `"ledger" is none of plain, quickbooks, quickbooks-forgetful`)
	require.Empty(t, New(NamePlain, plan.Options{}).SignIn())
}
