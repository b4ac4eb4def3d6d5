package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

const (
	pending = "pending_accounting"
	// companies, items and lines shape the invoices: as many customers as a busy
	// account sends in a day, and a usual number of lines.
	companies = 20
	items     = 12
	lines     = 4
	// billed is 2026-11-20 in Unix seconds.
	billed = 1795176000
)

// Companies is how many customers the invoices have; their ids begin with 1.
func Companies() int { return companies }

// Items is how many library items the lines have; their ids begin with 1.
func Items() int { return items }

type object = map[string]any

func answer(w http.ResponseWriter, data object) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object{"data": data}) // the asker is gone; it will ask again
}

func number(id int64) string { return strconv.FormatInt(100_000+id, 10) }

func invoice(id int64, status string) object {
	rows, total := make([]any, lines), 0
	for i := range rows {
		cents := 1000 + int(id+int64(i)*37)%9000
		total += cents
		rows[i] = object{
			"id": id*10 + int64(i), "description": fmt.Sprintf("Quarterly maintenance, unit %d: filters, belts and coils", i+1),
			"quantity": "1.00", "price": money(cents), "libItem": item(1 + (id+int64(i))%items),
		}
	}
	company := 1 + id%companies
	return object{
		"id": id, "type": "invoice", "status": status, "name": "Invoice " + number(id), "invoiceNumber": number(id),
		"transactionDate": billed, "dueDate": billed + 30*86400, "totalPrice": money(total), "notes": "Thank you.",
		"items": rows, "customer": object{"id": company, "name": companyName(company)},
		"location": object{"id": company, "name": "Site of " + companyName(company)}, "job": object{"id": company, "name": "Maintenance"},
	}
}

func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

func companyName(id int64) string { return fmt.Sprintf("Customer %d", id) }

func company(id int64) object {
	return object{"id": id, "name": companyName(id), "status": "active", "externalIds": object{}}
}

func location(id int64) object {
	return object{"id": id, "name": "Site of " + companyName(id), "company": object{"id": id, "name": companyName(id)}}
}

func job(id int64) object {
	return object{"id": id, "name": "Maintenance", "number": number(id), "status": "completed", "type": "repair"}
}

func item(id int64) object {
	return object{"id": id, "name": fmt.Sprintf("Item %d", id), "code": fmt.Sprintf("I%d", id), "type": "service"}
}

// related answers a record that belongs to an invoice.
func related(record func(id int64) object) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		answer(w, record(id))
	}
}
