package quickbooksonline

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// seen is a document as QuickBooks showed it, for what Found has no place for.
type seen struct {
	q *Online
	p *paper
	// classes and departments say that the company keeps one for each document. Where that
	// is not known, nothing is said of them.
	classes, departments bool
}

// seenUnder is a document in a company of these preferences.
func (q *Online) seenUnder(prefs preferences, p *paper) *seen {
	return &seen{q: q, p: p, classes: prefs.classPerPaper, departments: prefs.departments}
}

// Apart implements connector.Other. What the document that is wanted leaves open is
// QuickBooks' or the bookkeeper's, but for the private note, which is Tradepost's.
func (s *seen) Apart(d *tradepostv1.Document) []string {
	w := &draft{q: s.q, d: d}
	var all []string
	if want := d.GetCustomerMessage(); want != "" {
		all = append(all, apartIn("message to the customer", memoOf(s.p), clip(want, maxMemo))...)
	}
	all = append(all, apartIn("private note", besideStamp(s.p.PrivateNote), w.noteText())...)
	if s.classes {
		all = append(all, s.named("class", classRecords, s.p.ClassRef, d.GetClass())...)
	}
	if s.departments {
		all = append(all, s.named("location", departmentRecords, s.p.DepartmentRef, w.department())...)
	}
	if d.GetKind() == invoiceEntity.kind {
		all = append(all, s.named("payment terms", termRecords, s.p.SalesTermRef, d.GetTerms().GetReference())...)
	}
	return all
}

// shownText is how much of a text is told.
const shownText = 80

// apartIn compares a text, whatever its white space. One that was too long was cut.
func apartIn(field, have, want string) []string {
	have, want = strings.Join(strings.Fields(have), " "), strings.Join(strings.Fields(want), " ")
	cut, wasCut := strings.CutSuffix(have, "…")
	switch {
	case have == want, wasCut && strings.HasPrefix(want, cut):
		return nil
	case have == "":
		return []string{fmt.Sprintf("its %s is empty, not %q", field, fault.Clip(want, shownText))}
	case want == "":
		return []string{fmt.Sprintf("its %s is %q, and should be empty", field, fault.Clip(have, shownText))}
	}
	from := commonStart(have, want)
	return []string{fmt.Sprintf("its %s is %q, not %q", field, fault.Clip(from(have), shownText), fault.Clip(from(want), shownText))}
}

// commonStart returns what leaves out most of what two texts begin with alike, so that
// their difference is within what is told.
func commonStart(a, b string) func(string) string {
	x, y := []rune(a), []rune(b)
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	skip := same - shownText/2
	if skip <= 0 {
		return func(s string) string { return s }
	}
	return func(s string) string { return "…" + string([]rune(s)[skip:]) }
}

// mayBe tells whether two names may be of one record: QuickBooks shows a record with those
// above it, a mapping may leave them out, and one that was made inactive is named so.
func mayBe(a, b string) bool {
	bare := func(s string) string {
		parts := strings.Split(fold(s), ":")
		for i, part := range parts {
			parts[i] = strings.TrimSuffix(strings.TrimSpace(part), freedName)
		}
		return ":" + strings.Join(parts, ":")
	}
	a, b = bare(a), bare(b)
	return strings.HasSuffix(a, b) || strings.HasSuffix(b, a)
}

// named compares a record that the document names. One whose name nobody told, and whose
// id cannot be compared, is not told apart.
func (s *seen) named(field, entity string, have *ref, want *tradepostv1.Reference) []string {
	if want == nil {
		return nil
	}
	id := valueOf(have)
	if id == "" {
		return []string{fmt.Sprintf("it has no %s, not %q", field, want.GetValue())}
	}
	name := have.Name
	if r, known := s.q.books.records.withID(entity, id); known {
		name = r.longName()
	}
	wanted, found := s.q.lookUp(entity, want)
	switch {
	case found && wanted.id == id, byID(want) && want.GetValue() == id:
		return nil
	case !found && (name == "" || mayBe(name, want.GetValue())):
		return nil
	}
	should := want.GetValue()
	if found {
		should = wanted.longName()
	}
	if name == "" {
		name = "another one"
	}
	verb := "is"
	if strings.HasSuffix(field, "terms") {
		verb = "are"
	}
	return []string{fmt.Sprintf("its %s %s %q, not %q", field, verb, name, should)}
}
