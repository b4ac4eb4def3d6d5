package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// maxBody is ServiceTrade's own upload ceiling, about 101 MB.
const maxBody = 101 << 20

// body is a decoded request body: JSON or a form. Fields are read leniently,
// since forms know strings only.
type body struct {
	fields map[string]json.RawMessage
	bad    []string
}

// readBody decodes the body by its content type; JSON is the default. An empty
// body has no fields.
func readBody(r *http.Request) (*body, error) {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, badRequest("The body cannot be read: " + err.Error())
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // an unreadable one counts as JSON
	return decodeBody(kind, data)
}

func decodeBody(kind string, data []byte) (*body, error) {
	b := &body{fields: map[string]json.RawMessage{}}
	if kind == "application/x-www-form-urlencoded" {
		return b, b.form(string(data))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return b, nil
	}
	if err := json.Unmarshal(data, &b.fields); err != nil {
		return nil, badRequest("The body is not a JSON object: " + err.Error())
	}
	if b.fields == nil { // the body was null
		b.fields = map[string]json.RawMessage{}
	}
	return b, nil
}

func (b *body) form(data string) error {
	values, err := url.ParseQuery(data)
	if err != nil {
		return badRequest("The body is not a form: " + err.Error())
	}
	for name, all := range values {
		var raw []byte
		if list, ok := strings.CutSuffix(name, "[]"); ok {
			name = list
			raw, err = json.Marshal(all)
		} else {
			raw, err = json.Marshal(all[0])
		}
		if err != nil {
			return fmt.Errorf("encode a form field: %w", err)
		}
		b.fields[name] = raw
	}
	return nil
}

func (b *body) has(name string) bool { _, ok := b.fields[name]; return ok }

// null tells whether the field is there and null.
func (b *body) null(name string) bool { return string(b.fields[name]) == "null" }

// only refuses fields that are not in the list.
func (b *body) only(known ...string) error {
	var unknown []string
	for name := range b.fields {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return badRequest("Field cannot be written: " + strings.Join(unknown, ", "))
}

func (b *body) text(name string) string {
	if p := b.textOrNil(name); p != nil {
		return *p
	}
	return ""
}

// textOrNil gives a string; numbers count as their literal, null as absent.
func (b *body) textOrNil(name string) *string {
	raw, ok := b.fields[name]
	if !ok || b.null(name) {
		return nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err == nil {
		return &s
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err == nil {
		s = n.String()
		return &s
	}
	b.bad = append(b.bad, name)
	return nil
}

// numberOrNil gives an integer; null counts as 0, which means absent.
func (b *body) numberOrNil(name string) *int64 {
	if b.null(name) {
		return new(int64)
	}
	s := b.textOrNil(name)
	if s == nil {
		return nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(*s), 10, 64)
	if err != nil {
		b.bad = append(b.bad, name)
		return nil
	}
	return &n
}

func (b *body) number(name string) int64 {
	if p := b.numberOrNil(name); p != nil {
		return *p
	}
	return 0
}

func (b *body) amountOrNil(name string) *book.Amount {
	s := b.textOrNil(name)
	if s == nil {
		return nil
	}
	amount, err := book.ParseAmount(*s)
	if err != nil {
		b.bad = append(b.bad, name)
		return nil
	}
	return &amount
}

func (b *body) amount(name string) book.Amount {
	if p := b.amountOrNil(name); p != nil {
		return *p
	}
	return book.Amount{}
}

func (b *body) booleanOrNil(name string) *bool {
	raw, ok := b.fields[name]
	if !ok || b.null(name) {
		return nil
	}
	value := false
	switch strings.Trim(string(raw), `"`) {
	case "true", "1":
		value = true
	case "false", "0", "":
	default:
		b.bad = append(b.bad, name)
		return nil
	}
	return &value
}

func (b *body) boolean(name string) bool { p := b.booleanOrNil(name); return p != nil && *p }

// decode reads a field into a Go value; absent and null leave it alone.
func (b *body) decode(name string, into any) {
	raw, ok := b.fields[name]
	if !ok || b.null(name) {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		b.bad = append(b.bad, name)
	}
}

// err refuses the request when a field could not be read.
func (b *body) err() error {
	if len(b.bad) == 0 {
		return nil
	}
	slices.Sort(b.bad)
	return badRequest("Invalid field: " + strings.Join(slices.Compact(b.bad), ", "))
}

// require refuses the request when a field is missing or empty.
func (b *body) require(names ...string) error {
	var missing []error
	for _, name := range names {
		if s := string(b.fields[name]); s == "" || s == `""` || s == "null" {
			missing = append(missing, fmt.Errorf("%s is required", name))
		}
	}
	if len(missing) == 0 {
		return b.err()
	}
	return badRequest(strings.ReplaceAll(errors.Join(missing...).Error(), "\n", "; "))
}
