package sandbox_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestPagesRender(t *testing.T) {
	s, c := serve(t, sandbox.Options{Book: sandbox.GenerateBook(sandbox.BookOptions{Invoices: 300, Extras: 7, TaxShown: true})})
	_, err := s.API.Comment(s.API.Invoices()[0].ID, "<script>alert(1)</script>", &[]string{})
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/": "Invoices", "/invoices?page=2": "Page 2", "/invoices?status=void": "Void", "/settings/systems": "Add an External System",
		"/requests": "Nothing was asked yet", "/companies/9001": "C-10001", "/style.css": ".status",
	} {
		a := c.get(path)
		require.Equal(t, 200, a.status, path)
		require.Contains(t, a.raw, want, path)
	}
	for i, inv := range s.API.Invoices() {
		if i%7 != 0 {
			continue
		}
		a := c.get("/invoices/" + strconv.FormatInt(inv.ID, 10))
		require.Equal(t, 200, a.status)
		require.Contains(t, a.raw, "</html>")
		require.Contains(t, a.raw, inv.Total.Money())
		require.NotContains(t, a.raw, "<script>")
	}
	require.Contains(t, c.get("/invoices/"+strconv.FormatInt(s.API.Invoices()[0].ID, 10)).raw, "private")
	for _, missing := range []string{"/invoices/1", "/invoices/x", "/companies/1", "/settings/integrations/1", "/nowhere"} {
		require.Equal(t, 404, c.get(missing).status, missing)
	}
}

// The clicks of a real account, from the first to the processed invoice's resend.
func TestSetUpAndSendWithTheMouse(t *testing.T) {
	s, c := serve(t, sandbox.Options{})
	inv := s.API.Invoices()[0]
	at := "/invoices/" + strconv.FormatInt(inv.ID, 10)
	require.NotContains(t, c.get(at).raw, "Send to Accounting System")
	require.Equal(t, 400, c.form(at+"/send", nil).status)
	added := c.form("/settings/systems", url.Values{"type": {"standard"}, "name": {"accounting"}, "label": {"QuickBooks & Co"}})
	require.Contains(t, added.raw, "Can Be Sent Invoices")
	require.NotContains(t, c.get(at).raw, "Send to Accounting System")
	saved := c.form("/settings/integrations/"+strconv.FormatInt(s.API.Systems()[0].ID, 10), url.Values{"label": {"Books"}, "canBeSentInvoices": {"1"}})
	require.Contains(t, saved.raw, "Books")
	require.Contains(t, c.get(at).raw, "Send to Accounting System")
	require.Contains(t, c.form(at+"/send", url.Values{"system": {"accounting"}}).raw, "Pending Accounting")
	require.Contains(t, c.form(at+"/status", url.Values{"status": {"sent"}}).raw, `status sent`)
	c.form(at+"/edit", url.Values{"number": {"N-1"}, "notes": {"a\r\nb"}, "date": {"2026-05-04"}, "total": {"1.25"}})
	c.form(at+"/comment", url.Values{"content": {"hidden"}, "private": {"1"}})
	c.form(at+"/comment", url.Values{"content": {"shown"}})
	now, err := s.API.Invoice(inv.ID)
	require.NoError(t, err)
	require.Equal(t, []any{"N-1", "a\nb", "1.25"}, []any{now.Number, now.Notes, now.Total.String()})
	require.True(t, s.API.Comments(inv.ID)[0].Private())
	require.Equal(t, []string{"public"}, s.API.Comments(inv.ID)[1].Visibility)
	line := url.Values{"line": {strconv.FormatInt(inv.Lines[0].ID, 10)}, "quantity": {"2"}, "price": {"3.335"}, "item": {"121"}}
	require.Equal(t, 200, c.form(at+"/line", line).status)
	now, err = s.API.Invoice(inv.ID)
	require.NoError(t, err)
	require.Equal(t, int64(121), now.Lines[0].LibItemID)
	require.Contains(t, c.form("/invoices/send", nil).raw, "Pending Accounting <b>39</b>")
	require.Contains(t, c.form("/companies/9001/externalid", url.Values{"system": {"x"}, "value": {"V-1"}}).raw, "V-1")
	require.Contains(t, c.form(at+"/status", url.Values{"status": {"void"}}).raw, "Void")
	require.Equal(t, 400, c.form(at+"/status", url.Values{"status": {"ok"}}).status)
	for target, bad := range map[string]url.Values{
		at + "/edit": {"date": {"soon"}}, at + "/line": {"line": {"1"}}, "/settings/systems": {"name": {"A b"}, "type": {"standard"}},
	} {
		require.Equal(t, 400, c.form(target, bad).status, target)
	}
}

func TestOtherSitesCannotPressButtons(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	id := strconv.FormatInt(s.API.Invoices()[0].ID, 10)
	for _, target := range []string{"/invoices/" + id + "/send", "/_sandbox/invoices/" + id + "/void"} {
		req := c.request("POST", target, "application/x-www-form-urlencoded", strings.NewReader(""))
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		req.Header.Set("Origin", "https://elsewhere.example.com")
		require.Equal(t, http.StatusForbidden, c.do(req).status)
	}
	require.Equal(t, map[string]int{"ok": 40}, s.API.Counts())
}

func TestControlAPI(t *testing.T) {
	s, c := serve(t, sandbox.Options{Book: sandbox.DemoBook(1)})
	id := s.API.Invoices()[0].ID
	at := "/_sandbox/invoices/" + strconv.FormatInt(id, 10)
	require.Equal(t, false, c.get("/_sandbox/state").body["canSend"])
	require.Equal(t, 400, c.send("POST", "/_sandbox/send", `{"all":true}`).status)
	require.Equal(t, 200, c.send("POST", "/_sandbox/setup", `{}`).status)
	require.Equal(t, 200, c.send("POST", "/_sandbox/setup", `{"label":"Again"}`).status)
	require.Len(t, c.send("POST", "/_sandbox/send", map[string]any{"ids": []int64{id}}).body["sent"], 1)
	require.Len(t, c.send("POST", "/_sandbox/send", `{"all":true}`).body["sent"], 39)
	require.Len(t, c.get("/_sandbox/invoices?status=pending_accounting,failed").body["invoices"], 40)
	require.Equal(t, "failed", c.send("POST", at+"/status", `{"status":"failed"}`).body["status"])
	require.Equal(t, "9.99", number(c.send("POST", at+"/edit", `{"totalPrice":9.99,"notes":"n"}`).body["total"]))
	require.Equal(t, 400, c.send("POST", at+"/edit", `{"colour":1}`).status)
	require.Equal(t, 200, c.send("POST", at+"/comment", `{"content":"hi","visibility":[]}`).status)
	require.Len(t, c.get(at + "/comments").body["comments"], 1)
	require.Contains(t, c.get(at).body, "expected")
	require.Equal(t, 200, c.send("POST", "/_sandbox/externalid", `{"entity":"company","id":9001,"system":"x","value":"1"}`).status)
	require.Equal(t, "void", c.send("POST", at+"/void", "").body["status"])
	require.Equal(t, 404, c.get("/_sandbox/invoices/1").status)
	require.Equal(t, 400, c.get("/_sandbox/invoices/x").status)
	require.Equal(t, 400, c.get("/_sandbox/requests?limit=x").status)
	require.Equal(t, 400, c.form("/_sandbox/send", url.Values{"all": {"true"}}).status, "only JSON")
	require.Equal(t, 200, c.send("POST", "/_sandbox/reset", `{"seed":5,"invoices":3}`).status)
	require.Len(t, s.API.Invoices(), 3)
	require.Equal(t, 200, c.send("POST", "/_sandbox/reset", `{"seed":5,"demo":true}`).status)
	require.Len(t, s.API.Invoices(), 40)
	require.Equal(t, 400, c.send("POST", "/_sandbox/reset", `{"invoices":250,"demo":true}`).status, "the demo book has its own")
	require.Equal(t, 200, c.send("POST", "/_sandbox/reset", `{"invoices":250}`).status)
	require.Len(t, s.API.Invoices(), 250)
	require.Equal(t, 200, c.send("POST", "/_sandbox/expire", "").status)
	require.Equal(t, 200, c.send("DELETE", "/_sandbox/requests", "").status)
}
