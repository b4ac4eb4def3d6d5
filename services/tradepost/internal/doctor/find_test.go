package doctor_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

func TestFindEntityType(t *testing.T) {
	w := newWorld(t, sandbox.Options{InvoiceEntityType: 47})
	delete(w.account, "invoice_entity_type")
	invoice := w.sandbox.API.Invoices("ok")[0].ID
	_, err := w.sandbox.API.Comment(invoice, "Looking for\n  purple  <b>Elephants</b> &amp; co", nil)
	require.NoError(t, err)

	missing := w.run()
	require.Equal(t, "servicetrade.entity_type_missing", only(t, missing, onAccount, "comments").Code)
	require.Contains(t, missing.Guides[len(missing.Guides)-1].Title, "Find the number")

	// Numbers that ServiceTrade does not know may be refused.
	w.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
		if n, _ := strconv.Atoi(r.URL.Query().Get("entityType")); n > 50 {
			return &sandbox.Fault{Status: []int{400, 403, 404}[n%3]}
		}
		return nil
	})
	r := w.find(invoice, "Purple elephants & CO")
	require.True(t, r.OK)
	require.Equal(t, &doctor.EntityType{Account: "acme", Number: 47, Line: "invoice_entity_type: 47"}, r.EntityType)
	require.Contains(t, only(t, r, onAccount, "comments").Fix, "accounts.acme.servicetrade:  invoice_entity_type: 47")

	w.account["invoice_entity_type"] = 12
	require.Contains(t, only(t, w.find(invoice, "elephants"), onAccount, "comments").Problem, "the configuration says 12")
	w.account["invoice_entity_type"] = 47
	require.Contains(t, only(t, w.find(invoice, "elephants"), onAccount, "comments").Looked, "entity types 1 to 60")
}

func TestFindThatDoesNotFind(t *testing.T) {
	const listed = `{"data":{"comments":[{"id":1,"content":"please call","entity":{"id":%s}}],"totalPages":1}}`
	w := newWorld(t, sandbox.Options{})
	invoice := w.sandbox.API.Invoices("ok")[0].ID
	find := func(id int64, text string) doctor.Result { return only(t, w.find(id, text), onAccount, "comments") }

	require.Contains(t, find(invoice, "elephants").Problem, "no comment with these words")
	require.Contains(t, find(4, "elephants").Problem, "no invoice with the id 4")

	_, err := w.sandbox.API.Comment(invoice, "Please call.", nil)
	require.NoError(t, err)
	w.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
		if r.URL.Query().Get("entityType") == "7" {
			return &sandbox.Fault{Status: 200, Body: fmt.Sprintf(listed, r.URL.Query().Get("entityId"))}
		}
		return nil
	})
	several := find(invoice, "please call")
	require.Equal(t, doctor.Fail, several.Status)
	require.Contains(t, several.Problem, "several numbers: 7, 13")
	require.Contains(t, several.Fix, "rarer words")

	w.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
		if r.URL.Path == "/api/comment" {
			return &sandbox.Fault{CutBefore: true}
		}
		return nil
	})
	require.Equal(t, "servicetrade.unreachable", find(invoice, "please call").Code)
}

func TestFindWithoutPassword(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	for name, test := range map[string]struct {
		password object
		told     string
	}{
		"variable": {object{"env": "ACME_NO_SUCH_PASSWORD"}, "the environment variable ACME_NO_SUCH_PASSWORD is not set"},
		"file":     {object{"file": "no-such-file"}, "no-such-file"},
	} {
		w.account["password"] = test.password
		for _, r := range []*doctor.Report{w.find(1234, "elephants"), w.find(0, ""), w.run()} {
			require.False(t, r.OK, name)
			missing := only(t, r, "configuration", "file")
			require.Equal(t, doctor.Fail, missing.Status, name)
			require.Contains(t, missing.Problem, "accounts.acme.servicetrade.password", name)
			require.Contains(t, missing.Problem, test.told, name)
		}
	}
}

func TestFindExplains(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	r := w.find(0, "")
	require.Len(t, r.Guides, 1)
	require.Contains(t, r.Guides[0].Steps[2], "--find-entity-type --account acme --invoice ID")
	o := w.write()
	o.Account = ""
	require.Equal(t, onAccount, doctor.Find(t.Context(), o).Results[0].System, "the only account needs no name")
	o.Account = "umbrella"
	require.False(t, doctor.Find(t.Context(), o).OK)
}

func TestNumberThatIsWrong(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	invoice := w.sandbox.API.Invoices("ok")[0].ID
	w.options.InvoiceID = invoice
	w.account["invoice_entity_type"] = 12
	none := only(t, w.run(), onAccount, "comments")
	require.Equal(t, doctor.Warn, none.Status, "the invoice was named because it has a comment")
	require.Contains(t, none.Fix, "--find-entity-type --account acme")

	for name, entity := range map[string]string{
		"other id":   `{"id":5}`,
		"other kind": fmt.Sprintf(`{"id":%d,"uri":"https://api.servicetrade.com/api/job/%d"}`, invoice, invoice),
		"other type": fmt.Sprintf(`{"id":%d,"type":3}`, invoice),
		"other word": fmt.Sprintf(`{"id":"%d","type":"Job"}`, invoice),
	} {
		w.sandbox.SetFaults(func(r *http.Request) *sandbox.Fault {
			if r.URL.Path != "/api/comment" {
				return nil
			}
			return &sandbox.Fault{Status: 200, Body: `{"data":{"comments":[{"id":9,"content":"x","entity":` + entity + `}],"totalPages":1}}`}
		})
		found := only(t, w.run(), onAccount, "comments")
		require.Equal(t, doctor.Warn, found.Status, name)
		require.Contains(t, found.Fix, "--find-entity-type", name)
	}
	w.account["invoice_entity_type"] = 3
	require.Contains(t, only(t, w.run(), onAccount, "comments").Problem, "number of a job")
	w.options.InvoiceID, w.account["invoice_entity_type"] = 4, 12
	require.Contains(t, only(t, w.run(), onAccount, "comments").Problem, "no invoice with the id 4")
}
