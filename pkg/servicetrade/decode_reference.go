package servicetrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// siblings are the records beside the main one in the compound shape of an
// answer, by plural and id. In the flat shape there are none.
type siblings map[string]map[int64]object

// entity returns the record that an answer is about, in either shape: data is
// the record, or data.<singular> is, with the records that it names beside it.
func entity(body []byte, singular string) (object, siblings, error) {
	data, err := dataObject(body)
	if err != nil {
		return nil, nil, err
	}
	if data.integer("id") != 0 {
		return data, nil, nil
	}
	record := data.child(singular)
	if record.integer("id") == 0 {
		return nil, nil, fmt.Errorf("data holds no %s with an id", singular)
	}
	beside := siblings{}
	for key, raw := range data {
		if kindOf(raw) != '[' {
			continue
		}
		rows, _ := elements(raw) // part of a valid document
		for _, row := range rows {
			if o := asObject(row); o.integer("id") != 0 {
				beside.add(strings.ToLower(key), o)
			}
		}
	}
	return record, beside, nil
}

// requested checks that an answer is about what was asked for.
func requested(o object, id int64) error {
	if got := o.integer("id"); got != id {
		return fmt.Errorf("asked for %d, the answer is about %d", id, got)
	}
	if id <= 0 {
		return errors.New("the answer holds no id")
	}
	return nil
}

func (s siblings) add(plural string, o object) {
	if s[plural] == nil {
		s[plural] = map[int64]object{}
	}
	s[plural][o.integer("id")] = o
}

// resolve turns a reference, given as object, number, numeric string or name,
// into an object; nil when there is no reference (null, false, 0, "", []).
func (s siblings) resolve(plural string, raw json.RawMessage) object {
	switch k := kindOf(raw); {
	case k == '{':
		if o := asObject(raw); len(o) > 0 {
			return o
		}
	case k == '"' || isNumber(raw):
		id, number := wholeNumber(asText(raw))
		if full := s[strings.ToLower(plural)][id]; full != nil {
			return full
		}
		if number && id != 0 {
			return object{"id": raw}
		}
		if !number && k == '"' && asText(raw) != "" {
			return object{"name": raw}
		}
	}
	return nil
}

// resolveFirst is resolve of the first of keys that holds a reference.
func (s siblings) resolveFirst(o object, plural string, keys ...string) object {
	for _, key := range keys {
		if r := s.resolve(plural, o[key]); r != nil {
			return r
		}
	}
	return nil
}

func (s siblings) ref(o object, plural string, keys ...string) *tradepostv1.NamedRef {
	return namedRef(s.resolveFirst(o, plural, keys...))
}

func namedRef(o object) *tradepostv1.NamedRef {
	ref := &tradepostv1.NamedRef{Id: o.integer("id"), Name: personName(o)}
	if ref.Id == 0 && ref.Name == "" {
		return nil
	}
	return ref
}

// refs decodes a list of references; what is no list counts as empty, since
// these lists (tags, offices) are never lines of money.
func (s siblings) refs(o object, plural, key string) []*tradepostv1.NamedRef {
	rows, err := elements(o[key])
	if err != nil {
		return nil
	}
	var found []*tradepostv1.NamedRef
	for _, row := range rows {
		if ref := namedRef(s.resolve(plural, row)); ref != nil {
			found = append(found, ref)
		}
	}
	return found
}

// stringMap decodes external ids: system name to value. [] and null are empty.
func stringMap(raw json.RawMessage) map[string]string {
	var found map[string]string
	for key, value := range asObject(raw) {
		if t := asText(value); t != "" {
			if found == nil {
				found = map[string]string{}
			}
			found[key] = t
		}
	}
	return found
}
