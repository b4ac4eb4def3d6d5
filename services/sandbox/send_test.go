package sandbox_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestNoSendButtonWithoutTheSetUp(t *testing.T) {
	s, c := serve(t, sandbox.Options{})
	c.login()
	id := s.API.Invoices("ok")[0].ID
	path := "/invoices/" + strconv.FormatInt(id, 10)
	require.False(t, s.API.CanSend())
	require.Empty(t, s.API.Systems(), "an account starts with no external system")
	require.ErrorContains(t, s.API.Send("", id), "Can Be Sent Invoices")
	require.NotContains(t, c.get(path).raw, "Send to Accounting System")
	require.Equal(t, 400, c.send("PUT", "/api/invoice/"+strconv.FormatInt(id, 10), map[string]string{"status": "pending_accounting"}).status)

	made := c.send("POST", "/api/externalsystem", map[string]string{"type": "Standard", "systemName": "books", "label": "Our books"})
	require.Equal(t, 200, made.status, made.raw)
	require.Equal(t, false, made.data()["canBeSentInvoices"])
	require.False(t, s.API.CanSend(), "adding it is not enough")
	require.Equal(t, 200, c.send("PUT", "/api/externalsystem/"+number(made.data()["id"]), map[string]any{"canBeSentInvoices": true}).status)
	require.True(t, s.API.CanSend())
	require.Contains(t, c.get(path).raw, "Send to Accounting System")
	require.Error(t, s.API.Send("other", id))
	require.NoError(t, s.API.Send("books", id))
	inv, err := s.API.Invoice(id)
	require.NoError(t, err)
	require.Equal(t, "pending_accounting", inv.Status)
}

func TestExternalSystemRefusals(t *testing.T) {
	_, c := serve(t, sandbox.Options{})
	c.login()
	for name, body := range map[string]map[string]string{
		"type":   {"type": "quickbooks", "systemName": "a", "label": "A"},
		"upper":  {"type": "standard", "systemName": "Acc", "label": "A"},
		"digit":  {"type": "standard", "systemName": "1a", "label": "A"},
		"label":  {"type": "standard", "systemName": "a"},
		"unkown": {"type": "standard", "systemName": "a", "label": "A", "color": "red"},
	} {
		require.Equal(t, 400, c.send("POST", "/api/externalsystem", body).status, name)
	}
	good := map[string]string{"type": "standard", "systemName": "a_1", "label": "A"}
	made := c.send("POST", "/api/externalsystem", good)
	require.Equal(t, 200, made.status)
	require.Equal(t, 409, c.send("POST", "/api/externalsystem", good).status)
	require.Len(t, c.get("/api/externalsystem").list("externalSystems"), 1)
	require.Equal(t, 204, c.send("DELETE", "/api/externalsystem/"+number(made.data()["id"]), "").status)
	require.Equal(t, 404, c.get("/api/externalsystem/"+number(made.data()["id"])).status)
}

func TestResendAndWhoMayBeSent(t *testing.T) {
	s, c := ready(t, sandbox.Options{Book: sandbox.GenerateBook(sandbox.BookOptions{Extras: 7})})
	id := s.API.Invoices("ok")[0].ID
	path := "/api/invoice/" + strconv.FormatInt(id, 10)
	for _, outcome := range []string{"failed", "processed", "failed"} {
		require.NoError(t, s.API.Send("", id))
		require.Equal(t, "pending_accounting", c.get(path).data()["status"])
		require.Equal(t, 200, c.send("PUT", path, map[string]string{"status": outcome}).status)
	}
	for _, inv := range s.API.Invoices() {
		err := s.API.Send("", inv.ID)
		sendable := inv.Type == "invoice" && inv.Status != "void" && inv.Status != "draft" && inv.Status != "internal_review"
		require.Equal(t, sendable, err == nil, "%s %s: %v", inv.Type, inv.Status, err)
	}
}

func TestSendIsAllOrNothing(t *testing.T) {
	s, _ := ready(t, sandbox.Options{})
	ids := []int64{s.API.Invoices()[0].ID, 12345}
	err := s.API.Send("", ids...)
	require.Error(t, err)
	require.True(t, sandbox.IsNotFound(err))
	require.Zero(t, s.API.Counts()["pending_accounting"])
	sent, err := s.API.SendAll("")
	require.NoError(t, err)
	require.Len(t, sent, 40)
	require.Equal(t, map[string]int{"pending_accounting": 40}, s.API.Counts())
}

func TestEditByHand(t *testing.T) {
	s, _ := ready(t, sandbox.Options{Seed: 1, TaxShown: true})
	inv := s.API.Invoices("ok")[0]
	lines := append([]sandbox.Line{}, inv.Lines...)
	lines[0].Price = sandbox.NewAmount("1.005")
	lines[0].Quantity = sandbox.NewAmount("1")
	lines = lines[:1]
	lines = append(lines, sandbox.Line{Description: "new", Quantity: sandbox.NewAmount("2"), Price: sandbox.NewAmount("3")})
	edited, err := s.API.Edit(inv.ID, sandbox.InvoiceEdit{Lines: &lines})
	require.NoError(t, err)
	require.Equal(t, "7.01", edited.Total.String(), "the total follows the lines")
	require.NotZero(t, edited.Lines[1].ID)
	require.Nil(t, edited.Tax)
	unknown := int64(1)
	_, err = s.API.Edit(inv.ID, sandbox.InvoiceEdit{CustomerID: &unknown})
	require.Error(t, err)
	require.Error(t, s.API.SetStatus(inv.ID, "nonsense"))
	_, err = s.API.Add(sandbox.Invoice{CustomerID: inv.CustomerID, Lines: lines})
	require.NoError(t, err)
}

func TestAwaitSeesChanges(t *testing.T) {
	s, _ := ready(t, sandbox.Options{})
	ids := s.API.Book().Invoices
	done := make(chan error, 1)
	go func() {
		done <- s.API.Await(t.Context(), func(a *sandbox.API) bool { return a.Counts()["pending_accounting"] == 5 })
	}()
	for i := range 5 {
		require.NoError(t, s.API.Send("", ids[i].ID))
	}
	require.NoError(t, <-done)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.API.Await(ctx, func(*sandbox.API) bool { return false }), context.DeadlineExceeded)
}

func TestResetStartsOver(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	_, err := s.API.SendAll("")
	require.NoError(t, err)
	c.get("/api/invoice")
	require.NoError(t, s.API.Reset(nil))
	require.Equal(t, map[string]int{"ok": 40}, s.API.Counts())
	require.Empty(t, s.API.Requests(sandbox.RequestFilter{}))
	require.True(t, s.API.CanSend(), "the options ask for a set-up account")
	require.NoError(t, s.API.Reset(sandbox.GenerateBook(sandbox.BookOptions{Seed: 8, Invoices: 3})))
	require.Len(t, s.API.Invoices(), 3)
}
