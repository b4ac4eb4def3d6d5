package quickbooksonline

import (
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

// optional resolves a reference that may be missing; one that is not found is a fault.
func (w *draft) optional(entity, code, what string, r *tradepostv1.Reference) *ref {
	if r == nil {
		return nil
	}
	found, ok := w.q.lookUp(entity, r)
	if !ok {
		w.fail(fault.New(code, fault.Args{
			Thing: what + ` "` + r.GetValue() + `"`, Params: map[string]string{"value": r.GetValue()},
		}))
		return nil
	}
	return &ref{Value: found.id}
}
