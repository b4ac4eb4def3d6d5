package quickbooksonline

import (
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// byID tells whether a reference is an id of QuickBooks. Those are numbers: an external
// id that is none was given by people, and is a code or a name.
func byID(r *tradepostv1.Reference) bool {
	return r.GetBy() == tradepostv1.ReferenceBy_REFERENCE_BY_ID && strings.Trim(r.GetValue(), "0123456789") == ""
}

// lookUp finds the active record that a reference names: by id, by code (an item's SKU,
// an account's number), or by name. A code that no record has is tried as a name.
func (q *Online) lookUp(entity string, r *tradepostv1.Reference) (record, bool) {
	value := r.GetValue()
	if byID(r) {
		found, there := q.books.records.withID(entity, value)
		return found, there && found.active
	}
	if r.GetBy() != tradepostv1.ReferenceBy_REFERENCE_BY_NAME {
		if found := q.books.records.named(entity, "code", value); len(found) > 0 && found[0].active {
			return found[0], true
		}
	}
	found := q.books.records.named(entity, "name", value)
	if len(found) == 0 || !found[0].active {
		return record{}, false
	}
	return found[0], true
}

// inactive returns a record that a reference names, and that is not active.
func (q *Online) inactive(entity string, r *tradepostv1.Reference) (record, bool) {
	s := &q.books.records
	if byID(r) {
		found, there := s.withID(entity, r.GetValue())
		return found, there && !found.active
	}
	all := append(s.named(entity, "name", r.GetValue()), s.named(entity, "code", r.GetValue())...)
	i := slices.IndexFunc(all, func(one record) bool { return !one.active })
	if i < 0 {
		return record{}, false
	}
	return all[i], true
}

// freedName is what QuickBooks puts behind the name of a record that was made inactive, so
// that another one may have it.
const freedName = " (deleted)"

// activated is where people make such records active again.
var activated = map[string]struct{ what, where string }{
	accountRecords:    {"account", "Chart of accounts, Include inactive, Make active"},
	termRecords:       {"payment terms", "All lists, Terms, Include inactive, Make active"},
	classRecords:      {"class", "All lists, Classes, Include inactive, Make active"},
	departmentRecords: {"location", "All lists, Locations, Include inactive, Make active"},
	taxRecords:        {"sales tax", "Taxes, Sales tax settings, inactive rates and agencies"},
}

// switchedOff is the fault of a reference to a record that is there, and not active; nil
// where there is none.
func (w *draft) switchedOff(entity, what string, r *tradepostv1.Reference) *tradepostv1.Fault {
	off, is := w.q.inactive(entity, r)
	if !is && !byID(r) {
		off, is = w.q.inactive(entity, &tradepostv1.Reference{By: r.GetBy(), Value: r.GetValue() + freedName})
	}
	if !is {
		return nil
	}
	to := activated[entity]
	return fault.New("record.inactive_in_books", fault.Args{Thing: what + ` "` + r.GetValue() + `"`, Params: map[string]string{
		"value": off.longName(), "what": to.what, "where": to.where, "system": title, "connection": w.q.connection,
	}})
}

// optional resolves a reference that may be missing; one that is not found, or not
// active, is a fault.
func (w *draft) optional(entity, code, what string, r *tradepostv1.Reference) *ref {
	if r == nil {
		return nil
	}
	found, ok := w.q.lookUp(entity, r)
	if !ok {
		if f := w.switchedOff(entity, what, r); f != nil {
			w.fail(f)
			return nil
		}
		w.fail(fault.New(code, fault.Args{
			Thing: what + ` "` + r.GetValue() + `"`, Params: map[string]string{"value": r.GetValue()},
		}))
		return nil
	}
	return &ref{Value: found.id}
}
