package books

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/shopspring/decimal"
)

// Object is a JSON object as it was decoded: numbers are json.Number. One that
// is stored is never changed again, so that readers need no lock.
type Object = map[string]any

// Text gives a property that is text, and "" for everything else.
func Text(o Object, name string) string {
	s, _ := o[name].(string)
	return s
}

// Ref gives the value of a reference such as CustomerRef.
func Ref(o Object, name string) string {
	ref, _ := o[name].(Object)
	switch v := ref["value"].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// Flag tells whether a property is true.
func Flag(o Object, name string) bool {
	b, _ := o[name].(bool)
	return b
}

// number reads a number that was sent as one or as text; ok is false when it is
// absent or no number.
func number(o Object, name string) (decimal.Decimal, bool) {
	switch v := o[name].(type) {
	case json.Number:
		return parse(v.String())
	case string:
		return parse(v)
	}
	return decimal.Zero, false
}

// parse reads a number of a size that can be reckoned with: an exponent of
// millions would take as many digits to write down.
func parse(s string) (decimal.Decimal, bool) {
	if len(s) > 40 {
		return decimal.Zero, false
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() > 20 || d.Exponent() < -40 {
		return decimal.Zero, false
	}
	return d, true
}

// amount writes a decimal as a JSON number.
func amount(d decimal.Decimal) json.Number { return json.Number(d.String()) }

func reference(value, name string) Object {
	ref := Object{"value": value}
	if name != "" {
		ref["name"] = name
	}
	return ref
}

func list(o Object, name string) []Object {
	raw, _ := o[name].([]any)
	var out []Object
	for _, one := range raw {
		if line, ok := one.(Object); ok {
			out = append(out, line)
		}
	}
	return out
}

func clone(o Object) Object { return maps.Clone(o) }

// At follows a path with dots; a reference stands for its value, and an e-mail
// address for its text.
func At(o Object, path string) any {
	first, rest, deeper := strings.Cut(path, ".")
	v := o[first]
	inner, isObject := v.(Object)
	switch {
	case deeper && isObject:
		return At(inner, rest)
	case deeper:
		return nil
	case isObject && inner["value"] != nil:
		return inner["value"]
	case isObject && inner["Address"] != nil:
		return inner["Address"]
	}
	return v
}
