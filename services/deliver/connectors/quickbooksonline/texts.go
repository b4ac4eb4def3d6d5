package quickbooksonline

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
)

// fields writes the custom fields. One that the company does not have is a fault; the
// customer's order number may stand in the note instead.
func (w *draft) fields() {
	for _, name := range slices.Sorted(maps.Keys(w.d.GetCustomFields())) {
		w.field(name, w.d.GetCustomFields()[name])
	}
	if po := w.d.GetPoNumber(); w.poInField() {
		w.field(w.q.cfg.PONumberField, po)
	}
}

// poInField tells whether the customer's order number goes to a custom field.
func (w *draft) poInField() bool {
	po := w.d.GetPoNumber()
	return po != "" && w.q.cfg.PONumberField != "" && utf8.RuneCountInString(po) <= maxCustomField
}

func (w *draft) field(name, value string) {
	id, there := w.prefs.fields[fold(name)]
	if !there {
		w.fail(fault.New("field.not_in_books", fault.Args{Thing: `Custom field "` + name + `"`, Params: map[string]string{
			"value": name, "system": title,
		}}))
		return
	}
	if n := utf8.RuneCountInString(value); n > maxCustomField {
		// Only a mapping fills custom fields.
		w.fail(fault.New("field.too_long", fault.Args{Thing: `Custom field "` + name + `"`, Params: map[string]string{
			"field": name, "value": value, "length": strconv.Itoa(n), "limit": strconv.Itoa(maxCustomField), "system": title, "connection": w.q.connection,
		}}))
		return
	}
	w.paper.CustomFields = append(w.paper.CustomFields, customField{DefinitionID: id, Name: name, Type: "StringType", StringValue: value})
}

// note writes the private note: the stamp first, then what bookkeepers shall read.
func (w *draft) note(p connector.Posting) {
	d := w.d
	s := stamp{marker: d.GetMarker(), hash: p.DocumentHash, check: w.paper.digest(d.GetNumber() != "", total(d))}
	if bookDate(d) != d.GetIssueDate() {
		s.issued = d.GetIssueDate()
	}
	head := s.text()
	text := w.noteText()
	if text == "" {
		w.paper.PrivateNote = head
		return
	}
	w.paper.PrivateNote = head + "\n" + w.shortened("private note", text, maxNote-len(head)-1)
}

// noteText is what bookkeepers shall read in the private note.
func (w *draft) noteText() string {
	d := w.d
	var texts []string
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			texts = append(texts, text)
		}
	}
	add(d.GetMemo())
	add(d.GetPrivateNote())
	if d.GetPoNumber() != "" && !w.poInField() {
		add("PO " + d.GetPoNumber())
	}
	if bookDate(d) != d.GetIssueDate() {
		add("Invoice date " + d.GetIssueDate())
	}
	return unstamped(strings.Join(texts, "\n"))
}
