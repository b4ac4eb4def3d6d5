package rest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/query"
)

// run answers a statement as the state of age nanoseconds ago had it.
func run(c *books.Company, text string, age int64) (map[string]any, *books.Fault) {
	q, err := query.Parse(text)
	if err != nil {
		return nil, queryFault(err)
	}
	rows, err := c.Query(q, time.Duration(age))
	if err != nil {
		return nil, queryFault(err)
	}
	out := map[string]any{}
	switch {
	case rows.Count:
		out["totalCount"] = rows.Total
	case len(rows.Rows) > 0:
		out[rows.Entity.Name], out["startPosition"], out["maxResults"] = rows.Rows, rows.Start, len(rows.Rows)
	}
	return out, nil
}

// The most payloads of a batch, and the longest bId where a requestid is given
// (Intuit documentation, "Batch operation" and "API call limits and throttles";
// developer blog of 2015-04-06 about requestid).
const (
	maxPayloads = 30
	maxBID      = 10
)

// batch does several things one after the other. None of them sees what the
// others did (developer blog of 2017-07-27, "Batch operations").
func (s *Server) batch(q request) (map[string]any, *books.Fault) {
	if q.Method != http.MethodPost {
		return nil, unsupported(q.Method + " batch")
	}
	body, f := decode(q.Request)
	if f != nil {
		return nil, f
	}
	raw, _ := body["BatchItemRequest"].([]any)
	switch {
	case len(raw) == 0:
		return nil, &books.Fault{
			Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "2020",
			Message: "Required param missing, need to supply the required value for the API", Detail: "Required parameter BatchItemRequest is missing in the request",
		}
	case len(raw) > maxPayloads:
		return nil, &books.Fault{
			Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "1040", Message: "Batch size exceeded",
			Detail: fmt.Sprintf("The batch has %d payloads, at most %d are allowed", len(raw), maxPayloads),
		}
	}
	start, out := s.Now(), []any{}
	for _, one := range raw {
		item, _ := one.(books.Object)
		id := books.Text(item, "bId")
		answer, f := s.batchItem(q, item, start)
		if len(id) > maxBID && q.URL.Query().Get("requestid") != "" {
			answer, f = nil, badRequestID("The bId is longer than 10 characters")
		}
		if f != nil {
			answer = map[string]any{"Fault": faultBody(f)}
		}
		answer["bId"] = id
		out = append(out, answer)
	}
	return map[string]any{"BatchItemResponse": out}, nil
}

func (s *Server) batchItem(q request, item books.Object, start time.Time) (map[string]any, *books.Fault) {
	if text := books.Text(item, "Query"); text != "" {
		age := max(s.Now().Sub(start)+1, faults.ListOf(q.Context()).Age) // as it was before the batch
		answer, f := run(q.company, text, age.Nanoseconds())
		if f != nil {
			return nil, f
		}
		return map[string]any{"QueryResponse": answer}, nil
	}
	for name, v := range item {
		e, ok := books.EntityNamed(name)
		body, isObject := v.(books.Object)
		if !ok || !isObject {
			continue
		}
		return one(e)(change(q.company, e, books.Text(item, "operation"), body, q.optionsOf(books.Text(item, "optionsData"))))
	}
	return nil, unsupported("a batch item without Query or entity")
}

// The reach of change data capture (Intuit documentation, "Change data capture
// operation").
const (
	maxChanges  = 1000
	changesBack = 30 * 24 * time.Hour
)

// changes lists what was changed since a time, for several entities at once.
func (s *Server) changes(q request) (map[string]any, *books.Fault) {
	since, ok := books.ParseTime(q.URL.Query().Get("changedSince"))
	names := strings.FieldsFunc(q.URL.Query().Get("entities"), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case q.Method != http.MethodGet:
		return nil, unsupported(q.Method + " cdc")
	case len(names) == 0:
		return nil, badParameter("entities", "at least one entity is required")
	case !ok:
		return nil, badParameter("changedSince", "a date and time is required")
	case since.Before(s.Now().Add(-changesBack)):
		return nil, badParameter("changedSince", "it is more than 30 days ago")
	}
	responses, left := []any{}, maxChanges
	for _, name := range names {
		e, ok := books.EntityNamed(name)
		if !ok {
			return nil, badParameter("entities", "there is no entity "+name)
		}
		found := q.company.Changes(e, since, faults.ListOf(q.Context()).Age)
		found = found[:min(len(found), left)]
		left -= len(found)
		response := map[string]any{}
		if len(found) > 0 {
			response[e.Name], response["startPosition"], response["maxResults"], response["totalCount"] = found, 1, len(found), len(found)
		}
		responses = append(responses, response)
	}
	return map[string]any{"CDCResponse": []any{map[string]any{"QueryResponse": responses}}}, nil
}

func badParameter(name, why string) *books.Fault {
	return &books.Fault{
		Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "2030", Message: "Invalid parameter",
		Detail: "The parameter " + name + " is not usable: " + why, Element: name,
	}
}
