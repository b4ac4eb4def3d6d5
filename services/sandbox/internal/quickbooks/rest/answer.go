// Package rest is the HTTP side of the QuickBooks Online stand-in: the
// Accounting API under /v3/company, and the OAuth 2.0 endpoints.
package rest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
)

// The shapes in which a fault is answered. All of them come from the real one,
// which does not always keep to what Accept says.
const (
	// FormJSON is the Fault of the documentation.
	FormJSON = "json"
	// FormGateway is the lower-case JSON of the gateway in front of the API.
	FormGateway = "gateway"
	// FormXML is an IntuitResponse.
	FormXML = "xml"
	// FormHTML is the page of a load balancer.
	FormHTML = "html"
)

// Forms lists the shapes.
func Forms() []string { return []string{FormJSON, FormGateway, FormXML, FormHTML} }

type errorJSON struct {
	Message string `json:"Message"`
	Detail  string `json:"Detail,omitempty"`
	Code    string `json:"code"`
	// Element is left out of what is said about statements, and empty elsewhere.
	Element *string `json:"element,omitempty"`
}

// faultBody is {"Fault":{...}} without the time.
func faultBody(f *books.Fault) map[string]any {
	e := errorJSON{f.Message, f.Detail, f.Code, &f.Element}
	if strings.HasPrefix(f.Code, "400") {
		e.Element = nil
	}
	return map[string]any{"Error": []errorJSON{e}, "type": f.Type}
}

// writeFault answers a refusal in one of the shapes.
func writeFault(w http.ResponseWriter, f *books.Fault, form string, now time.Time) {
	var body []byte
	kind := "application/json;charset=UTF-8"
	switch form {
	case FormXML:
		kind, body = "application/xml", faultXML(f, now)
	case FormHTML:
		kind = "text/html"
		body = fmt.Appendf(nil, "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n</body>\r\n</html>\r\n",
			f.Status, http.StatusText(f.Status), f.Status, http.StatusText(f.Status))
	case FormGateway:
		body = encode(map[string]any{
			"warnings": nil, "intuitObject": nil, "fault": map[string]any{
				"error": []any{map[string]any{"message": f.Message, "detail": orNil(f.Detail), "code": f.Code, "element": nil}}, "type": f.Type,
			}, "report": nil, "queryResponse": nil, "batchItemResponse": []any{}, "attachableResponse": []any{}, "syncErrorResponse": nil,
			"requestId": nil, "time": now.UnixMilli(), "status": nil, "cdcresponse": []any{},
		})
	default:
		body = encode(map[string]any{"Fault": faultBody(f), "time": stamp(now)})
	}
	write(w, f.Status, kind, body)
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone when this fails
}

func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // maps of plain values cannot fail
	return bytes.TrimRight(b.Bytes(), "\n")
}

type intuitFault struct {
	XMLName xml.Name `xml:"http://schema.intuit.com/finance/v3 IntuitResponse"`
	Time    string   `xml:"time,attr"`
	Fault   struct {
		Type  string `xml:"type,attr"`
		Error struct {
			Code    string `xml:"code,attr"`
			Element string `xml:"element,attr,omitempty"`
			Message string `xml:"Message"`
			Detail  string `xml:"Detail,omitempty"`
		} `xml:"Error"`
	} `xml:"Fault"`
}

func faultXML(f *books.Fault, now time.Time) []byte {
	var x intuitFault
	x.Time, x.Fault.Type = stamp(now), f.Type
	e := &x.Fault.Error
	e.Code, e.Element, e.Message, e.Detail = f.Code, f.Element, f.Message, f.Detail
	out, _ := xml.Marshal(x) // plain text cannot fail
	return append([]byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`), out...)
}

var pacific = func() *time.Location {
	if zone, err := time.LoadLocation("America/Los_Angeles"); err == nil {
		return zone
	}
	return time.FixedZone("PST", -8*3600)
}()

// stamp writes the time of an answer, to the millisecond.
func stamp(t time.Time) string { return t.In(pacific).Format("2006-01-02T15:04:05.000-07:00") }

// wantsJSON tells whether the client asked for JSON; without that the API
// answers in XML (Intuit documentation, "REST API features", Accept).
func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "json")
}

// toXML turns an answer into the XML that clients get who did not ask for JSON:
// one element for each property, lists repeat it.
func toXML(body []byte) []byte {
	var v map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return body
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"`)
	if t, ok := v["time"].(string); ok {
		fmt.Fprintf(&b, ` time=%q`, t)
		delete(v, "time")
	}
	b.WriteString(">")
	elements(&b, v)
	b.WriteString("</IntuitResponse>")
	return b.Bytes()
}

func elements(w io.Writer, v map[string]any) {
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		all, isList := v[name].([]any)
		if !isList {
			all = []any{v[name]}
		}
		for _, one := range all {
			element(w, name, one)
		}
	}
}

// attributes stand in the tag; all other properties are elements (Intuit API
// reference, XML examples; "Error codes", the Fault element).
var attributes = []string{"type", "code", "element", "domain", "sparse", "name"}

func element(w io.Writer, name string, v any) {
	inner, isObject := v.(map[string]any)
	fmt.Fprintf(w, "<%s", name)
	for _, a := range attributes {
		if value, ok := inner[a]; ok {
			if value != "" {
				fmt.Fprintf(w, " %s=\"", a)
				_ = xml.EscapeText(w, []byte(fmt.Sprint(value))) // a buffer takes everything
				fmt.Fprint(w, "\"")
			}
			delete(inner, a)
		}
	}
	fmt.Fprint(w, ">")
	value, isReference := inner["value"]
	if isReference {
		v = value
	}
	if isObject && !isReference {
		elements(w, inner)
	} else if v != nil {
		_ = xml.EscapeText(w, []byte(fmt.Sprint(v))) // a buffer takes everything
	}
	fmt.Fprintf(w, "</%s>", name)
}
