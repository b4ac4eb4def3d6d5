package servicetrade

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is a JSON object whose fields are decoded when they are asked for.
// Asking never fails: a field of an unexpected shape counts as absent, unless
// the accessor says otherwise. A nil object has no fields.
type object map[string]json.RawMessage

// kindOf returns the first character of a JSON value: '{', '[', '"', 't', 'f',
// 'n', a digit or '-'; 0 when there is none.
func kindOf(raw json.RawMessage) byte {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

func isNumber(raw json.RawMessage) bool {
	k := kindOf(raw)
	return k == '-' || (k >= '0' && k <= '9')
}

func asObject(raw json.RawMessage) object {
	if kindOf(raw) != '{' {
		return nil
	}
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

func (o object) child(keys ...string) object {
	for _, key := range keys {
		if c := asObject(o[key]); c != nil {
			return c
		}
	}
	return nil
}

// text returns the first field that shows any text: a string, the literal of a
// number or boolean, or the name of an object.
func (o object) text(keys ...string) string {
	for _, key := range keys {
		if t := asText(o[key]); t != "" {
			return t
		}
	}
	return ""
}

func asText(raw json.RawMessage) string {
	switch k := kindOf(raw); {
	case k == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case k == '{':
		return nameOf(asObject(raw))
	case k == 't', k == 'f', isNumber(raw):
		return string(bytes.TrimSpace(raw))
	default:
		return ""
	}
}

// nameOf returns an object's own name, without looking further down.
func nameOf(o object) string {
	if raw := o["name"]; kindOf(raw) == '"' || isNumber(raw) {
		return asText(raw)
	}
	return ""
}

// personName joins first and last name where there is no name.
func personName(o object) string {
	if name := nameOf(o); name != "" {
		return name
	}
	return strings.TrimSpace(o.text("firstName") + " " + o.text("lastName"))
}

// flag accepts true, 1, "1" and "true" (any number but 0); everything else is false.
func (o object) flag(keys ...string) bool {
	for _, key := range keys {
		raw, there := o[key]
		if !there || kindOf(raw) == 'n' {
			continue
		}
		if isNumber(raw) {
			d, ok := usableDecimal(asText(raw))
			return ok && !d.IsZero()
		}
		switch strings.ToLower(strings.TrimSpace(asText(raw))) {
		case "true", "1", "yes":
			return true
		}
		return false
	}
	return false
}
