package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/query"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// request is one request of the API that has passed the gateway.
type request struct {
	*http.Request
	company      *books.Company
	app          string
	resource, id string
}

// metered tells whether the partner program meters the request: reads are
// metered, writes are not (Intuit App Partner Program, CorePlus and Core calls).
// A batch counts as one read, whatever is in it.
func (q request) metered() int {
	if q.Method == http.MethodGet || q.resource == "query" || q.resource == "batch" {
		return 1
	}
	return 0
}

const (
	maxBody      = 8 << 20
	maxRequestID = 50
	maxBatchID   = 36
)

// serve does what is asked, once for each requestid where there is one.
func (s *Server) serve(w http.ResponseWriter, q request) {
	id := q.URL.Query().Get("requestid")
	most := maxRequestID
	if q.resource == "batch" {
		most = maxBatchID
	}
	if f := checkRequestID(id, most); f != nil {
		s.fault(w, q.Request, f)
		return
	}
	var answer books.Answer
	if q.Method == http.MethodPost && q.resource != "query" {
		answer, _ = q.company.Once(id, func() books.Answer { return s.answer(q) })
	} else {
		answer = s.answer(q)
	}
	if wantsJSON(q.Request) {
		write(w, answer.Status, "application/json;charset=UTF-8", answer.Body)
		return
	}
	write(w, answer.Status, "application/xml;charset=UTF-8", toXML(answer.Body))
}

// checkRequestID is code 2130 (Intuit error code list; developer blog of
// 2015-04-06 about requestid).
func checkRequestID(id string, most int) *books.Fault {
	for _, r := range id {
		if r <= ' ' || r > '~' {
			return badRequestID("The requestid has a character that is not allowed")
		}
	}
	if len(id) > most {
		return badRequestID("The requestid is too long")
	}
	return nil
}

func badRequestID(detail string) *books.Fault {
	return &books.Fault{
		Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "2130", Message: "Invalid RequestId format", Detail: detail,
	}
}

// answer does the work and gives its answer as JSON.
func (s *Server) answer(q request) books.Answer {
	body, f := s.dispatch(q)
	if f != nil {
		return books.Answer{Status: f.Status, Body: encode(map[string]any{"Fault": faultBody(f), "time": stamp(s.Now())})}
	}
	body["time"] = stamp(s.Now())
	return books.Answer{Status: http.StatusOK, Body: encode(body)}
}

func (s *Server) dispatch(q request) (map[string]any, *books.Fault) {
	switch q.resource {
	case "query":
		return s.query(q)
	case "batch":
		return s.batch(q)
	case "cdc":
		return s.changes(q)
	}
	e, ok := books.EntityAt(q.resource)
	switch {
	case !ok:
		return nil, unsupported("Could not find resource for relative : " + q.URL.Path)
	case q.Method == http.MethodGet:
		return s.read(q, e)
	case q.Method == http.MethodPost && q.id == "":
		body, f := decode(q.Request)
		if f != nil {
			return nil, f
		}
		values := q.URL.Query()
		return one(e)(change(q.company, e, values.Get("operation"), body, q.optionsOf(values.Get("include"))))
	}
	return nil, unsupported(q.Method + " " + q.URL.Path)
}

func unsupported(what string) *books.Fault {
	return &books.Fault{
		Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "500", Message: "Unsupported Operation", Detail: "Operation " + what + " is not supported.",
	}
}

// one puts an object under the name of its entity.
func one(e books.Entity) func(books.Object, *books.Fault) (map[string]any, *books.Fault) {
	return func(o books.Object, f *books.Fault) (map[string]any, *books.Fault) {
		if f != nil {
			return nil, f
		}
		return map[string]any{e.Name: o}, nil
	}
}

func (q request) optionsOf(include string) books.Options {
	o := books.Options{RequestID: q.URL.Query().Get("requestid"), Arrived: reqlog.Arrived(q.Context())}
	for word := range strings.SplitSeq(include, ",") {
		switch strings.TrimSpace(word) {
		case "allowduplicatedocnum":
			o.AllowDuplicates = true
		case "void": // the one way to void a payment, and in a batch to void anything (Intuit blog of 2023-07-19 about batches)
			o.Void = true
		}
	}
	return o
}

// change does one operation on one object (Intuit API reference, operations of
// each entity).
func change(c *books.Company, e books.Entity, operation string, body books.Object, o books.Options) (books.Object, *books.Fault) {
	switch operation {
	case "", "create", "update":
		if o.Void {
			return c.Void(e, body, o)
		}
		return c.Write(e, body, o)
	case "void":
		return c.Void(e, body, o)
	case "delete":
		return c.Remove(e, body, o)
	}
	return nil, unsupported("operation=" + operation)
}

func (s *Server) read(q request, e books.Entity) (map[string]any, *books.Fault) {
	if q.id == "" && e.Name != "Preferences" && e.Name != "CompanyInfo" {
		return nil, unsupported("GET " + q.URL.Path)
	}
	return one(e)(q.company.Read(e, q.id))
}

// decode reads a JSON object. Bytes that are no UTF-8 are code 500 (Intuit
// documentation, "Handling common errors", 500).
func decode(r *http.Request) (books.Object, *books.Fault) {
	if kind := r.Header.Get("Content-Type"); !strings.Contains(kind, "json") {
		return nil, &books.Fault{
			Status: http.StatusUnsupportedMediaType, Type: books.TypeValidation, Code: "1050", Message: "Invalid content type",
			Detail: "This stand-in reads application/json only, not " + kind,
		}
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, unsupported("reading the body: " + err.Error())
	}
	if !utf8.Valid(data) {
		return nil, unsupported("com.sun.org.apache.xerces.internal.impl.io.MalformedByteSequenceException: Invalid byte 1 of 1-byte UTF-8 sequence.")
	}
	var body books.Object
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil || body == nil {
		return nil, &books.Fault{
			Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "2010", Message: "Request has invalid or unsupported property",
			Detail: "Property Name:failed to parse json object; a property specified is unsupported or invalid",
		}
	}
	return body, nil
}

// query answers a statement, from the address or from the body of a POST (Intuit
// documentation, "Query operations and syntax").
func (s *Server) query(q request) (map[string]any, *books.Fault) {
	text := q.URL.Query().Get("query")
	if q.Method == http.MethodPost && text == "" {
		kind := q.Header.Get("Content-Type")
		data, err := io.ReadAll(io.LimitReader(q.Body, maxBody))
		if err != nil || !strings.HasPrefix(kind, "application/text") && !strings.HasPrefix(kind, "text/plain") {
			return nil, unsupported("a statement of content type " + kind)
		}
		text = string(data)
	}
	answer, f := run(q.company, text, faults.ListOf(q.Context()).Age.Nanoseconds())
	if f != nil {
		return nil, f
	}
	return map[string]any{"QueryResponse": answer}, nil
}

var queryMessages = map[string]string{"4000": "Error parsing query", "4001": "Invalid query", "4002": "Error processing query"}

func queryFault(err error) *books.Fault {
	f := &books.Fault{Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "4002", Detail: err.Error()}
	if known, ok := err.(*query.Error); ok { //nolint:errorlint // parse and Query return it as it is
		f.Code = known.Code
	}
	f.Message = queryMessages[f.Code]
	return f
}
