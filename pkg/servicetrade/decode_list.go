package servicetrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// elements returns the elements of a list. PHP writes a list with gaps as an
// object with numeric keys, and an empty one as [] or {}; null counts as empty.
// Any other shape is an error: guessing could leave a line out.
func elements(raw json.RawMessage) ([]json.RawMessage, error) {
	switch kindOf(raw) {
	case 0, 'n':
		return nil, nil
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		return list, nil
	case '{':
		return numbered(asObject(raw))
	default:
		return nil, errors.New("is no list")
	}
}

func numbered(o object) ([]json.RawMessage, error) {
	indexes := make([]int64, 0, len(o))
	for key := range o {
		n, err := strconv.ParseInt(key, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != key {
			return nil, fmt.Errorf("is no list but an object with the field %q", clip(key, 40))
		}
		indexes = append(indexes, n)
	}
	slices.Sort(indexes)
	list := make([]json.RawMessage, len(indexes))
	for i, n := range indexes {
		list[i] = o[strconv.FormatInt(n, 10)]
	}
	return list, nil
}

// page is one page of a list.
type page struct {
	rows []json.RawMessage
	// total is the number of pages; 0 when the answer does not say.
	total int64
}

// decodePage finds the rows under data.<plural>, in any case, or takes data for
// the list itself.
func decodePage(body []byte, plural string) (page, error) {
	e, err := decodeEnvelope(body)
	if err != nil {
		return page{}, err
	}
	if e.data == nil {
		return page{}, errNoData
	}
	data := asObject(e.data)
	if data == nil {
		rows, err := elements(e.data)
		if err != nil {
			return page{}, fmt.Errorf("data %w", err)
		}
		return page{rows: rows}, nil
	}
	p := page{total: max(data.integer("totalPages"), 0)}
	for key, raw := range data {
		if strings.EqualFold(key, plural) {
			if p.rows, err = elements(raw); err != nil {
				return page{}, fmt.Errorf("data.%s %w", plural, err)
			}
			return p, nil
		}
	}
	for key, raw := range data {
		if k := kindOf(raw); k == '[' || k == '{' {
			return page{}, fmt.Errorf("data holds no %s but %q", plural, clip(key, 40))
		}
	}
	return p, nil
}
