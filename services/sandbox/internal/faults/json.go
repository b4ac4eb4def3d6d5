package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MarshalJSON writes the fields that are given: lengths of time as "30s", times
// as RFC 3339.
func (o Order) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for _, f := range Fields() {
		if v := f.get(&o); v != nil {
			out[f.Name] = v
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes, and tells everything that cannot
// be read at once.
func (o *Order) UnmarshalJSON(data []byte) error {
	var raw map[string]any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&raw); err != nil {
		return errors.New("an order must be a JSON object")
	}
	texts := map[string]string{}
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		switch v := raw[name].(type) {
		case string:
			texts[name] = v
		case json.Number:
			texts[name] = v.String()
		default:
			problems = append(problems, Problem{name, "must be text or a number"})
		}
	}
	read, more := FromTexts(texts)
	if problems = append(problems, more...); len(problems) > 0 {
		return &OrderError{problems}
	}
	*o = read
	return nil
}

// FromTexts reads an order from its fields as people write them.
func FromTexts(texts map[string]string) (Order, []Problem) {
	var o Order
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		f, ok := FieldOf(name)
		if !ok {
			problems = append(problems, Problem{name, "is not known; known are " + strings.Join(FieldNames(), ", ")})
			continue
		}
		if err := f.Set(&o, texts[name]); err != nil {
			problems = append(problems, Problem{name, fmt.Sprint(err)})
		}
	}
	return o, problems
}
