package doctor

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// kinds are the entity type numbers that are known of ServiceTrade. The invoice's
// is not among them.
var kinds = map[int]string{
	3: "job", 4: "user", 5: "company", 9: "quote", 10: "deficiency", 11: "location",
	16: "appointment", 18: "service request", 22: "contact",
}

// aboutWhat is what a comment says of the record that it is on.
type aboutWhat struct {
	id int64
	// kind is ServiceTrade's word, invoice or job; "" when the comment does not say.
	kind string
	// number is the entity type; 0 when the comment does not say.
	number int
}

// namesOther tells whether the comment names something else than the invoice.
func (a aboutWhat) namesOther(invoice int64, number int) bool {
	return (a.id != 0 && a.id != invoice) || (a.kind != "" && a.kind != "invoice") || (a.number != 0 && a.number != number)
}

// String is the record as people call it.
func (a aboutWhat) String() string {
	kind := a.kind
	if kind == "" {
		kind = kinds[a.number]
	}
	if kind == "" {
		kind = "record"
	}
	return kind + " " + strconv.FormatInt(a.id, 10)
}

var uriTail = regexp.MustCompile(`/([a-z]+)/\d+/?$`)

// evidence reads which records the comments of some answers name. It is lenient:
// what has another shape says nothing.
func evidence(bodies [][]byte) []aboutWhat {
	var found []aboutWhat
	for _, body := range bodies {
		for _, row := range commentRows(body) {
			if about, ok := aboutOf(row); ok {
				found = append(found, about)
			}
		}
	}
	return found
}

// aboutOf reads one comment's entity; its type may be a word or a number.
func aboutOf(row json.RawMessage) (about aboutWhat, ok bool) {
	var comment struct {
		ID     any `json:"id"`
		Entity struct {
			ID   json.Number `json:"id"`
			Type any         `json:"type"`
			URI  string      `json:"uri"`
		} `json:"entity"`
	}
	if json.Unmarshal(row, &comment) != nil || comment.ID == nil {
		return about, false
	}
	about.id, _ = comment.Entity.ID.Int64()
	switch t := comment.Entity.Type.(type) {
	case float64:
		about.number = int(t)
	case string:
		about.kind = strings.ToLower(t)
	}
	if n, err := strconv.Atoi(about.kind); err == nil {
		about.kind, about.number = "", n
	}
	if m := uriTail.FindStringSubmatch(comment.Entity.URI); m != nil {
		about.kind = m[1]
	}
	return about, true
}

// commentRows finds the rows in data.comments, or in data itself.
func commentRows(body []byte) []json.RawMessage {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil
	}
	var rows []json.RawMessage
	if json.Unmarshal(envelope.Data, &rows) == nil {
		return rows
	}
	var data struct {
		Comments []json.RawMessage `json:"comments"`
	}
	_ = json.Unmarshal(envelope.Data, &data)
	return data.Comments
}
