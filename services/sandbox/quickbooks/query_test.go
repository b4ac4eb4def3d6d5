package quickbooks_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

func TestStatements(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now, Empty: true, AccessLifetime: 24 * time.Hour})
	c.made("Customer", object{"DisplayName": `O'Malley's \ Grill`, "PrimaryEmailAddr": object{"Address": "a@example.com"}})
	c.made("Customer", object{"DisplayName": "Café Ñandú 100%"})
	c.made("Customer", object{"DisplayName": "Zed"})
	income := c.stand.API
	_, err := income.Put(c.realm, "Item", object{"Name": "x", "Type": "Category"})
	require.NoError(t, err)
	for i := range 5 {
		now.Add(time.Hour)
		c.made("Invoice", object{
			"CustomerRef": object{"value": strconv.Itoa(i%2 + 1)}, "TxnDate": "2026-11-0" + strconv.Itoa(i+1), "DocNumber": "N" + strconv.Itoa(i+1),
			"Line": []any{line(strconv.Itoa((i+1)*10), "NON")},
		})
	}
	stamp := text(c.rows("select * from Invoice where DocNumber = 'N3'")[0]["MetaData"].(object)["CreateTime"])
	for statement, want := range map[string]string{
		"select * from Invoice":                                                                      "N1 N2 N3 N4 N5",
		"SELECT * FROM invoice WHERE docnumber = 'N2'":                                               "N2",
		"select * from Invoice where DocNumber in ('N5','N1', 'none')":                               "N1 N5",
		"select * from Invoice where TxnDate >= '2026-11-03' and TxnDate<'2026-11-05'":               "N3 N4",
		"select * from Invoice where Balance > '25.5' and Balance <= 40":                             "N3 N4",
		"select * from Invoice where Balance > '0.0' and CustomerRef = '2'":                          "N2 N4",
		"select * from Invoice where DocNumber like 'N%' orderby Balance desc":                       "N5 N4 N3 N2 N1",
		"select * from Invoice where CustomerRef in ('1', '2') order by TxnDate asc, DocNumber desc": "N1 N2 N3 N4 N5",
		"select * from Invoice startposition 2 maxresults 2":                                         "N2 N3",
		"select * from Invoice startposition 9":                                                      "",
		"select * from Invoice where MetaData.CreateTime > '" + stamp + "'":                          "N4 N5",
		"select * from Invoice where MetaData.LastUpdatedTime <= '" + stamp + "'":                    "N1 N2 N3",
		"select * from Invoice where DocNumber = 'n2'":                                               "",
		`select * from Customer where DisplayName = 'O\'Malley\'s \\ Grill'`:                         `O'Malley's \ Grill`,
		"select * from Customer where DisplayName like '%Ñandú%'":                                    "Café Ñandú 100%",
		"select * from Customer where DisplayName LIKE 'Z%' and Active = true":                       "Zed",
		"select * from Customer where PrimaryEmailAddr = 'a@example.com'":                            `O'Malley's \ Grill`,
		"select Id, DisplayName from Customer where Id in ('2', '3') ORDERBY Id DESC":                "Zed Café Ñandú 100%",
		"select * from CompanyInfo":                                                                  "Meridian Mechanical & Fire",
	} {
		var got []string
		for _, row := range c.rows(statement) {
			for _, name := range []string{"DocNumber", "DisplayName", "CompanyName"} {
				if v, ok := row[name].(string); ok {
					got = append(got, v)
					break
				}
			}
		}
		require.Equal(t, want, strings.Join(got, " "), statement)
	}
	require.Equal(t, object{}, c.query("select * from Invoice where DocNumber = 'none'").body["QueryResponse"])
	require.Equal(t, object{"totalCount": text(5)}, mapText(c.query("select count(*) from Invoice").body["QueryResponse"]))
	page := c.query("select * from Invoice startposition 4 maxresults 10").body["QueryResponse"].(object)
	require.Equal(t, "4 2", text(page["startPosition"])+" "+text(page["maxResults"]))
	only := c.rows("select DocNumber from Invoice maxresults 1")[0]
	require.Equal(t, object{"DocNumber": "N1", "domain": "QBO", "sparse": true}, only)
}

func mapText(v any) object {
	out := object{}
	for k, one := range v.(object) {
		out[k] = text(one)
	}
	return out
}

func TestStatementsThatAreRefused(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	for statement, want := range map[string]string{
		"":                        "4000",
		"select":                  "4000",
		"selec * from Invoice":    "4000",
		"select * from":           "4000",
		"select * from Invoice x": "4000",
		"select * from Invoice where DocNumber = 'O'Malley'":                     "4000",
		"select * from Invoice where DocNumber = 'open":                          "4000",
		"select * from Invoice where DocNumber = 'a' or DocNumber = 'b'":         "4000",
		"select * from Invoice where (DocNumber = 'a')":                          "4000",
		"select * from Invoice where DocNumber != 'a'":                           "4000",
		"select * from Invoice where DocNumber in ()":                            "4000",
		"select * from Invoice maxresults ten":                                   "4000",
		"select sum(TotalAmt) from Invoice":                                      "4000",
		"select * from Invoice; drop":                                            "4000",
		"select * from Nothing":                                                  "4001",
		"select * from Invoice startposition 0":                                  "4001",
		"select * from Invoice maxresults 1001":                                  "4001",
		"select * from Invoice where PrivateNote = 'x'":                          "4001",
		"select * from CreditMemo where PrivateNote like '%x%'":                  "4001",
		"select * from Invoice where Line.Description = 'x'":                     "4001",
		"select * from Invoice where DepartmentRef = '1'":                        "4001",
		"select * from Vendor where PrimaryEmailAddr = 'x'":                      "4001",
		"select * from Invoice where Colour = 'x'":                               "4001",
		"select Colour from Invoice":                                             "4001",
		"select * from Invoice orderby CustomerRef":                              "4001",
		"select * from Invoice where TotalAmt > 5":                               "4001",
		"select * from Customer where Job = true":                                "4001",
		"select * from Invoice orderby PrivateNote":                              "4001",
		"select * from Customer where Active = 'maybe'":                          "4001",
		"select * from Customer where Balance = 'much'":                          "4001",
		"select Id from Invoice where Id = '1' and":                              "4000",
		"select * from Invoice where DocNumber = 'a' maxresults 1 startposition": "4000",
	} {
		a := c.query(statement)
		requireFault(t, a, http.StatusBadRequest, want)
	}
	_, message, detail := c.query("select * from Invoice where PrivateNote = 'x'").fault()
	require.Equal(t, "Invalid query: QueryValidationError: property 'PrivateNote' is not queryable", message+": "+detail)
}

func TestStatementsInTheBody(t *testing.T) {
	c := serve(t, quickbooks.Options{})
	a := c.do(c.request("POST", c.path("query?minorversion=75"), "application/text", strings.NewReader("select * from Item where Name = 'I-1001'")))
	require.Equal(t, http.StatusOK, a.status, a.raw)
	require.Contains(t, a.raw, "LABOR-STD")
	requireFault(t, c.post("query", object{}), http.StatusBadRequest, "500")
}

func TestWritesAreSeenLaterByStatements(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now})
	c.configure(func(s *quickbooks.Settings) { s.QueryDelay = 10 * time.Second })
	since := url.QueryEscape(now.Now().Add(-time.Minute).Format(time.RFC3339))
	inv := c.made("Invoice", sale("1", object{"DocNumber": "X"}))
	require.Equal(t, http.StatusOK, c.get("invoice/"+text(inv["Id"])).status, "by its id it is seen at once")
	require.Empty(t, c.rows("select * from Invoice where DocNumber = 'X'"))
	require.NotContains(t, c.get("cdc?entities=Invoice&changedSince="+since).raw, `"X"`)
	now.Add(10 * time.Second)
	require.Len(t, c.rows("select * from Invoice where DocNumber = 'X'"), 1)
	require.Contains(t, c.get("cdc?entities=Invoice&changedSince="+since).raw, `"X"`)
	c.made("Invoice", object{"Id": inv["Id"], "SyncToken": "0"}, "operation=delete")
	require.Len(t, c.rows("select * from Invoice where DocNumber = 'X'"), 1, "what was deleted is shown a while")
	requireFault(t, c.post("invoice", sale("1", object{"Id": inv["Id"], "SyncToken": "0"})), http.StatusBadRequest, "610")
}

func TestChangeDataCapture(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now, AccessLifetime: 24 * time.Hour})
	old := c.made("Invoice", sale("1", object{"DocNumber": "old"}))
	now.Add(time.Hour)
	since := url.QueryEscape(now.Now().Format(time.RFC3339))
	c.made("Invoice", sale("1", object{"DocNumber": "new"}))
	c.made("Customer", object{"Id": "1", "SyncToken": "0", "sparse": true, "Notes": "x"})
	c.made("Invoice", object{"Id": old["Id"], "SyncToken": "0"}, "operation=delete")
	a := c.get("cdc?entities=Invoice,Customer,Item&changedSince=" + since)
	require.Equal(t, http.StatusOK, a.status, a.raw)
	parts := a.body["CDCResponse"].([]any)[0].(object)["QueryResponse"].([]any)
	require.Len(t, parts, 3)
	invoices := parts[0].(object)["Invoice"].([]any)
	require.Len(t, invoices, 2)
	require.Equal(t, "Deleted", invoices[0].(object)["status"])
	require.Equal(t, "new", invoices[1].(object)["DocNumber"])
	require.Len(t, parts[1].(object)["Customer"].([]any), 1)
	require.Equal(t, object{}, parts[2])
	for _, bad := range []string{
		"cdc?changedSince=" + since, "cdc?entities=Invoice", "cdc?entities=Nothing&changedSince=" + since,
		"cdc?entities=Invoice&changedSince=" + url.QueryEscape(now.Now().Add(-31*24*time.Hour).Format(time.RFC3339)),
	} {
		require.Equal(t, http.StatusBadRequest, c.get(bad).status, bad)
	}
}
