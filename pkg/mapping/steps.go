package mapping

import (
	"errors"
	"strconv"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Steps choose a record of the books. They are tried in the order of the file;
// the first one that answers decides.
type Steps struct{ list []step }

// step is one line of Steps: `when` alone with `use`, `by` with a table, or `use`
// alone, which always answers.
type step struct {
	// path is the step's place in the file: accounts.revenue[2].
	path string
	when *condition
	by   *Fact
	rows table
	use  *tradepostv1.Reference
}

// IsEmpty says that the file has no such steps.
func (s Steps) IsEmpty() bool { return len(s.list) == 0 }

// Choose returns the first answer; false when no step has one. The error is an
// ErrCondition: a condition that could not be evaluated decides nothing, and so
// must stop the invoice instead of falling through to the next step.
func (s Steps) Choose(f *Facts) (Answer, bool, error) {
	for i := range s.list {
		a, ok, err := s.list[i].choose(f)
		if ok || err != nil {
			return a, ok, err
		}
	}
	return Answer{}, false, nil
}

func (s *step) choose(f *Facts) (Answer, bool, error) {
	if s.when != nil {
		yes, err := s.when.holds(f)
		if failed, ok := errors.AsType[*ConditionError](err); ok {
			failed.Key = s.path + ".when"
		}
		if !yes || err != nil {
			return Answer{}, false, err
		}
	}
	if s.by == nil {
		return Answer{Reference: s.use, Rule: s.path}, true, nil
	}
	for _, value := range texts(s.by.get(f)) {
		if r, _, ok := s.rows.find(value); ok {
			return Answer{Reference: r.ref, Rule: s.path, TableRow: r.key, SourceField: s.by.Name, SourceValue: value}, true, nil
		}
	}
	return Answer{}, false, nil
}

// texts are the values of a fact that a table is asked for, in ServiceTrade's order.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case int64:
		return []string{idText(v)}
	case bool:
		return []string{strconv.FormatBool(v)}
	}
	return nil
}

// view is the steps as they go into the hash.
func (s Steps) view() []map[string]any {
	list := make([]map[string]any, len(s.list))
	for i, st := range s.list {
		v := map[string]any{"use": refView(st.use), "rows": st.rows.view()}
		if st.when != nil {
			v["when"] = st.when.source
		}
		if st.by != nil {
			v["by"] = st.by.Name
		}
		list[i] = v
	}
	return list
}
