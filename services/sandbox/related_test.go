package sandbox_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func path(word string, id int64) string { return "/api/" + word + "/" + strconv.FormatInt(id, 10) }

func TestExternalIDForms(t *testing.T) {
	_, c := ready(t, sandbox.Options{})
	company, value := int64(9002), "A/1 ü?%"
	base := fmt.Sprintf("/api/externalid/company/%d", company)
	require.Equal(t, map[string]any{"values": map[string]any{"accounting": "C-10002"}}, c.get(base).data())
	require.Equal(t, map[string]any{"value": value}, c.send("POST", base+"/other_1", map[string]string{"value": value}).data())
	require.Equal(t, value, c.get(base + "/other_1").data()["value"])
	found := c.get("/api/externalid/company/other_1/" + url.PathEscape(value))
	require.Equal(t, 200, found.status, found.raw)
	require.Equal(t, "9002", number(found.data()["id"]))
	require.Equal(t, map[string]any{"accounting": "C-10002", "other_1": value}, found.data()["externalIds"])
	require.Equal(t, 200, c.send("PUT", base+"/other_1", map[string]string{"value": "S2"}).status)
	require.Equal(t, 404, c.get("/api/externalid/company/other_1/"+url.PathEscape(value)).status)
	require.Equal(t, 200, c.send("PUT", base+"/other_1", map[string]string{"value": ""}).status)
	require.Equal(t, 404, c.get(base+"/other_1").status)
	require.Equal(t, 200, c.send("PUT", base+"/accounting", map[string]string{"value": ""}).status)
	require.Contains(t, c.get(base).raw, `"values":[]`)
	require.Contains(t, c.get(path("company", company)).raw, `"externalIds":[]`, "an empty map looks like PHP's")
}

func TestExternalIDRefusals(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	invoice := s.API.Invoices()[0].ID
	for target, status := range map[string]int{
		fmt.Sprintf("invoice/%d/accounting", invoice): 400, // the missing feature that integrations trip over
		"company/9001/Accounting":                     400,
		"company/4711/accounting":                     404,
		"asset/1/accounting":                          404,
		"location/20003/accounting":                   409, // C-10001 is the company's already
	} {
		a := c.send("PUT", "/api/externalid/"+target, map[string]string{"value": "C-10001"})
		require.Equal(t, status, a.status, target+a.raw)
	}
	require.Equal(t, 400, c.get(fmt.Sprintf("/api/externalid/invoice/%d", invoice)).status)
	require.Equal(t, 400, c.send("PUT", "/api/externalid/company/9001/accounting", `{}`).status)
	require.Equal(t, 200, c.send("PUT", "/api/externalid/company/9001/accounting", map[string]string{"value": "C-10001"}).status, "its own value again")
	for _, word := range []string{"location/20003", "job/" + strconv.FormatInt(s.API.Book().Jobs[0].ID, 10), "libitem/121", "user/101"} {
		require.Equal(t, 200, c.send("POST", "/api/externalid/"+word+"/x", map[string]string{"value": word}).status, word)
		require.Equal(t, 200, c.get("/api/externalid/"+strings.Split(word, "/")[0]+"/x/"+url.PathEscape(word)).status, word)
	}
}

func TestLocationsComeTenAtATime(t *testing.T) {
	s, c := ready(t, sandbox.Options{Invoices: 100})
	sites := len(s.API.Book().Locations) - 2
	require.Len(t, c.get("/api/location").list("locations"), 10)
	require.Equal(t, strconv.Itoa((sites+9)/10), number(c.get("/api/location").data()["totalPages"]))
	require.Len(t, c.get("/api/location?limit=5000").list("locations"), sites)
	require.Len(t, c.get("/api/location?isVendor=1").list("locations"), 2)
	require.Len(t, c.get("/api/location?isVendor=true&isCustomer=1&limit=5000").list("locations"), sites+2)
	for _, row := range c.get("/api/location?companyId=9001%2C9002").list("locations") {
		id := number(row.(map[string]any)["company"].(map[string]any)["id"])
		require.Contains(t, []string{"9001", "9002"}, id)
	}
}

func TestMergedLocationsVanish(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	inv := s.API.Invoices()[0]
	var other int64 = 20003
	if inv.LocationID == other {
		other = 20004
	}
	require.Equal(t, 200, c.send("POST", path("location", inv.LocationID)+"/merge", map[string]int64{"replacementId": other}).status)
	require.Equal(t, 404, c.get(path("location", inv.LocationID)).status)
	moved := c.get(path("invoice", inv.ID)).data()["location"].(map[string]any)
	require.Equal(t, strconv.FormatInt(other, 10), number(moved["id"]))
	require.Error(t, s.API.MergeLocation(other, other))
}

func TestJobs(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	scheduled := 0
	for _, j := range s.API.Book().Jobs {
		if j.Status == "scheduled" {
			scheduled++
		}
	}
	job := s.API.Book().Jobs[0]
	require.Len(t, c.get("/api/job").list("jobs"), scheduled, "scheduled is the default")
	require.Len(t, c.get("/api/job?status=all").list("jobs"), 40)
	require.Len(t, c.get("/api/job?status=completed").list("jobs"), 40-scheduled)
	require.Len(t, c.get(fmt.Sprintf("/api/job?number=%d", job.Number)).list("jobs"), 1)
	require.Len(t, c.get("/api/job?status=all&isInvoiced=1").list("jobs"), 40)
	require.Empty(t, c.get("/api/job?status=all&isInvoiced=0").list("jobs"))
	flat := c.get(path("job", job.ID)).data()
	require.Equal(t, strconv.FormatInt(job.LocationID, 10), number(flat["location"].(map[string]any)["id"]))
	require.Contains(t, flat, "serviceRequests")
	require.NotContains(t, c.get("/api/job?status=all").list("jobs")[0], "serviceRequests")
	require.Contains(t, c.get("/api/job?status=all&longForm=1").list("jobs")[0], "serviceRequests")
	made := c.send("POST", "/api/job", map[string]any{"type": "repair", "locationId": job.LocationID, "description": "d"})
	require.Equal(t, "scheduled", made.data()["status"])
	require.Equal(t, 400, c.send("PUT", path("job", job.ID), map[string]string{"customerPo": strings.Repeat("x", 41)}).status)
	require.Equal(t, "PO 9", c.send("PUT", path("job", job.ID), map[string]string{"customerPo": "PO 9"}).data()["customerPo"])
}

func TestCompoundJobs(t *testing.T) {
	s, c := ready(t, sandbox.Options{CompoundJobs: true})
	job := s.API.Book().Jobs[0]
	data := c.get(path("job", job.ID)).data()
	require.Equal(t, strconv.FormatInt(job.LocationID, 10), number(data["job"].(map[string]any)["location"]))
	require.NotEmpty(t, data["locations"])
	require.NotEmpty(t, data["companies"])
}

func TestMasterData(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	b := s.API.Book()
	for resource, n := range map[string]struct {
		plural string
		count  int
	}{
		"company": {"companies", len(b.Companies)}, "libitem": {"libItems", len(b.LibItems)},
		"serviceline": {"serviceLines", len(b.ServiceLines)}, "user": {"users", len(b.Users)}, "jobitem": {"jobItems", 0},
	} {
		rows := c.get("/api/" + resource).list(n.plural)
		require.Len(t, rows, n.count, resource)
		if n.count > 0 {
			id := number(rows[0].(map[string]any)["id"])
			require.Equal(t, rows[0], any(c.get("/api/"+resource+"/"+id).data()), resource)
		}
		require.Equal(t, 404, c.get("/api/"+resource+"/4711").status, resource)
	}
	require.Len(t, c.get("/api/libitem?code=TRIP").list("libItems"), 1)
	require.Nil(t, c.get("/api/libitem?name=ad%20hoc").list("libItems")[0].(map[string]any)["code"])
	require.Len(t, c.get("/api/user?company=77&isTech=true").list("users"), 5)
	company := c.send("POST", "/api/company", map[string]any{"name": "New & Co", "addressStreet": "1 Main", "customer": true}).data()
	require.Equal(t, "1 Main", company["address"].(map[string]any)["street"])
	changed := c.send("PUT", "/api/company/"+number(company["id"]), map[string]any{"status": "on_hold", "address": map[string]string{"city": "Cary"}})
	require.Equal(t, "on_hold", changed.data()["status"])
	require.Equal(t, "1 Main", changed.data()["address"].(map[string]any)["street"])
	require.Equal(t, 400, c.send("PUT", "/api/company/"+number(company["id"]), map[string]any{"status": "gone"}).status)
	site := c.send("POST", "/api/location", map[string]any{"name": "Site", "companyId": company["id"]})
	require.Equal(t, 200, site.status, site.raw)
	require.Equal(t, 200, c.send("PUT", "/api/location/"+number(site.data()["id"]), map[string]any{"taxable": true}).status)
}
