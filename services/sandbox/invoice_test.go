package sandbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestInvoiceShape(t *testing.T) {
	s, c := ready(t, sandbox.Options{Seed: 5, TaxShown: true})
	for _, inv := range s.API.Invoices() {
		got := c.get("/api/invoice/" + strconv.FormatInt(inv.ID, 10)).data()
		require.Equal(t, strconv.FormatInt(inv.ID, 10), number(got["id"]))
		require.Equal(t, inv.Total.String(), number(got["totalPrice"]), "money is a bare number with its own digits")
		require.Equal(t, inv.Tax != nil, got["tax"] != nil)
		require.Equal(t, strconv.FormatInt(inv.TransactionDate, 10), number(got["transactionDate"]))
		items := got["items"].([]any)
		require.Len(t, items, len(inv.Lines))
		for i, line := range inv.Lines {
			item := items[i].(map[string]any)
			require.Equal(t, line.Quantity.String(), number(item["quantity"]))
			require.Equal(t, line.Price.String(), number(item["price"]))
			require.Equal(t, line.Description, item["description"])
			require.NotNil(t, item["serviceLine"], "every line carries a service line")
		}
		customer := got["customer"].(map[string]any)
		require.NotContains(t, customer, "externalIds", "references are stubs")
		require.NotContains(t, customer, "address")
	}
	row := c.get("/api/invoice?limit=1").list("invoices")[0].(map[string]any)
	require.NotContains(t, row, "items", "rows come without lines")
}

func TestUnknownInvoices(t *testing.T) {
	_, c := ready(t, sandbox.Options{})
	for _, path := range []string{"/api/invoice/1", "/api/invoice/abc", "/api/invoice/99999999999999999999", "/api/nonsense"} {
		a := c.get(path)
		require.Equal(t, 404, a.status, path)
		require.NotEmpty(t, a.errorText(), path)
	}
	require.Equal(t, 405, c.send("DELETE", "/api/invoice/1", "").status, "invoices cannot be deleted")
}

func TestInvoiceFilters(t *testing.T) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 4, Invoices: 60, Extras: 14})
	s, c := ready(t, sandbox.Options{Book: book})
	all := s.API.Invoices()
	require.NoError(t, s.API.Send("", s.API.Invoices("ok")[0].ID, s.API.Invoices("ok")[5].ID))
	require.NoError(t, s.API.SetStatus(s.API.Invoices("ok")[7].ID, "failed"))
	count := func(match func(sandbox.Invoice) bool) int {
		n := 0
		for _, inv := range s.API.Invoices() {
			if match(inv) {
				n++
			}
		}
		return n
	}
	some := all[10]
	either := func(i sandbox.Invoice) bool { return i.Status == "pending_accounting" || i.Status == "failed" }
	for query, match := range map[string]func(sandbox.Invoice) bool{
		"": func(sandbox.Invoice) bool { return true },
		"status=pending_accounting&type=invoice": func(i sandbox.Invoice) bool {
			return i.Status == "pending_accounting" && i.Type == "invoice"
		},
		"status=pending_accounting,failed":             either,
		"status=pending_accounting%2Cfailed":           either,
		"status=pending_accounting%2c%20failed":        either,
		"status[]=pending_accounting&status[]=failed":  either,
		"type=vendorbill,external":                     func(i sandbox.Invoice) bool { return i.Type != "invoice" },
		"partial=1":                                    func(i sandbox.Invoice) bool { return i.Partial },
		"partial=false":                                func(i sandbox.Invoice) bool { return !i.Partial },
		fmt.Sprintf("customerId=%d", some.CustomerID):  func(i sandbox.Invoice) bool { return i.CustomerID == some.CustomerID },
		fmt.Sprintf("jobId=%d", some.JobID):            func(i sandbox.Invoice) bool { return i.JobID == some.JobID },
		fmt.Sprintf("contractId=%d", some.ContractID):  func(i sandbox.Invoice) bool { return i.ContractID == some.ContractID },
		fmt.Sprintf("assignedUserId=%d", 102):          func(i sandbox.Invoice) bool { return i.AssignedUserID == 102 },
		fmt.Sprintf("createdAfter=%d", some.Created):   func(i sandbox.Invoice) bool { return i.Created >= some.Created },
		fmt.Sprintf("createdBefore=%d", some.Created):  func(i sandbox.Invoice) bool { return i.Created <= some.Created },
		fmt.Sprintf("updatedAfter=%d", some.Updated+1): func(i sandbox.Invoice) bool { return i.Updated > some.Updated },
		fmt.Sprintf("transactionDateAfter=%d&transactionDateBefore=%d", some.TransactionDate, some.TransactionDate): func(i sandbox.Invoice) bool {
			return i.TransactionDate == some.TransactionDate
		},
		"invoiceRecurrenceId=3": func(sandbox.Invoice) bool { return false },
		"status=":               func(sandbox.Invoice) bool { return true },
		"perPage=1":             func(sandbox.Invoice) bool { return true },
	} {
		a := c.get("/api/invoice?" + query)
		require.Equal(t, 200, a.status, query)
		require.Len(t, a.list("invoices"), count(match), query)
		require.Equal(t, "1", number(a.data()["totalPages"]), "there is always one page")
	}
	for _, query := range []string{"customerId=x", "partial=maybe", "limit=abc", "sort=updated", "createdAfter=1.5", "%zz"} {
		require.Equal(t, 400, c.get("/api/invoice?"+query).status, query)
	}
}

func TestTagsMustAllBeThere(t *testing.T) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 4, Invoices: 60})
	_, c := ready(t, sandbox.Options{Book: book})
	for _, wanted := range [][]string{{"recall"}, {"recall", "after-hours"}, {"grün"}, {"nobody"}} {
		expected := 0
		for _, j := range book.Jobs {
			if !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(j.Tags, w) }) {
				expected++
			}
		}
		require.Len(t, c.get("/api/invoice?tag="+strings.Join(wanted, "%2C")).list("invoices"), expected, wanted)
	}
}

func TestPagesHoldEveryInvoiceOnceInOrder(t *testing.T) {
	s, c := ready(t, sandbox.Options{Seed: 2, Invoices: 57})
	byName := []string{}
	for _, inv := range s.API.Invoices() {
		byName = append(byName, inv.Name)
	}
	slices.Sort(byName)
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 70).Draw(rt, "limit")
		pages := (57 + limit - 1) / limit
		names := []string{}
		for page := 1; page <= pages; page++ {
			a := c.get(fmt.Sprintf("/api/invoice?limit=%d&page=%d", limit, page))
			require.Equal(rt, strconv.Itoa(pages), number(a.data()["totalPages"]))
			require.Equal(rt, strconv.Itoa(page), number(a.data()["page"]))
			for _, row := range a.list("invoices") {
				names = append(names, row.(map[string]any)["name"].(string))
			}
		}
		require.Equal(rt, byName, names)
		require.Empty(rt, c.get(fmt.Sprintf("/api/invoice?limit=%d&page=%d", limit, pages+1)).list("invoices"))
	})
}

func TestPutInvoice(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	s, c := ready(t, sandbox.Options{Now: func() time.Time { return now }})
	id := s.API.Invoices("ok")[0].ID
	require.NoError(t, s.API.Send("", id))
	path := "/api/invoice/" + strconv.FormatInt(id, 10)
	a := c.send("PUT", path, map[string]any{"status": "processed", "invoiceNumber": "INV-10021"})
	require.Equal(t, 200, a.status, a.raw)
	require.Equal(t, "processed", a.data()["status"])
	require.Equal(t, "INV-10021", a.data()["invoiceNumber"])
	require.Equal(t, strconv.FormatInt(now.Unix(), 10), number(a.data()["updated"]))
	require.Equal(t, 200, c.send("PUT", path, map[string]any{"notes": "x", "partial": "1", "transactionDate": 1700000000}).status)
	for name, body := range map[string]string{
		"unknown status": `{"status":"done"}`, "void": `{"status":"void"}`, "unknown field": `{"totalPrice":1}`,
		"bad number": `{"transactionDate":"soon"}`, "unknown user": `{"assignedUserId":1}`, "no JSON": `status=failed`,
		"bad status type": `{"status":{}}`,
	} {
		before, err := s.API.Invoice(id)
		require.NoError(t, err)
		a := c.send("PUT", path, body)
		require.Equal(t, 400, a.status, name)
		require.NotEmpty(t, a.errorText(), name)
		after, err := s.API.Invoice(id)
		require.NoError(t, err)
		require.Equal(t, before, after, name)
	}
	require.NoError(t, s.API.Void(id))
	require.Equal(t, 400, c.send("PUT", path, map[string]any{"status": "failed"}).status, "void is final")
	require.Error(t, s.API.Send("", id))
}

func TestUniqueNumbersWhenAsked(t *testing.T) {
	s, c := ready(t, sandbox.Options{UniqueNumbers: true})
	all := s.API.Invoices("ok")
	path := "/api/invoice/" + strconv.FormatInt(all[0].ID, 10)
	require.Equal(t, 409, c.send("PUT", path, map[string]any{"status": "processed", "invoiceNumber": all[1].Number}).status)
	inv, err := s.API.Invoice(all[0].ID)
	require.NoError(t, err)
	require.Equal(t, "ok", inv.Status, "nothing of a refused change is kept")
	require.Equal(t, 200, c.send("PUT", path, map[string]any{"invoiceNumber": all[0].Number}).status)
}

func TestPostInvoice(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	job := s.API.Book().Jobs[0]
	a := c.send("POST", "/api/invoice", map[string]any{"jobId": job.ID, "items": []any{
		map[string]any{"description": "Labor", "quantity": json.Number("2.5"), "price": json.Number("12.345"), "libItemId": 120},
	}})
	require.Equal(t, 200, a.status, a.raw)
	require.Equal(t, "30.86", number(a.data()["totalPrice"]))
	require.Greater(t, number(a.data()["id"]), "2700000000000000")
	require.NotEmpty(t, a.data()["invoiceNumber"])
	require.Equal(t, "ok", a.data()["status"])
	for name, body := range map[string]map[string]any{
		"neither job nor customer": {"items": []any{}},
		"job and customer":         {"jobId": job.ID, "customerId": job.CustomerID, "items": []any{}},
		"no items, no contract":    {"jobId": job.ID},
		"item without price":       {"jobId": job.ID, "items": []any{map[string]any{"quantity": 1}}},
		"unknown type":             {"jobId": job.ID, "type": "memo", "items": []any{}},
	} {
		require.Equal(t, 400, c.send("POST", "/api/invoice", body).status, name)
	}
	wrong := c.send("POST", "/api/invoice", map[string]any{"jobId": job.ID, "contractId": 12 + (job.ContractID-12+1)%5})
	require.Equal(t, 409, wrong.status, wrong.raw)
	require.Equal(t, 200, c.send("POST", "/api/jobitem", map[string]any{"jobId": job.ID, "name": "x", "quantity": 5, "cost": 6}).status)
	fromJob := c.send("POST", "/api/invoice", map[string]any{"jobId": job.ID, "contractId": job.ContractID})
	require.Equal(t, "30", number(fromJob.data()["totalPrice"]))
}
