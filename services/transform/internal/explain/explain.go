// Package explain writes down why each field of a document has its value, at
// the moment when the field is set.
package explain

import (
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Rules that decide without the mapping.
const (
	// RuleCopy takes ServiceTrade's value.
	RuleCopy = "copy"
	// RuleLocalDate is the calendar date in the account's time zone.
	RuleLocalDate = "date in the account's time zone"
	// RuleShortened is ServiceTrade's text, shortened to what fits.
	RuleShortened = "copy, shortened"
	// RuleTurned is ServiceTrade's number with the sign turned round.
	RuleTurned = "copy, sign turned round for a credit memo"
	// RuleComputed is arithmetic that the source field names.
	RuleComputed = "computed"
	// RuleFixed is the same for every document.
	RuleFixed = "fixed"
	// RuleConnection comes from the configuration of the account or connection.
	RuleConnection = "configuration"
	// RuleMapping stands before the name of a key of the mapping file.
	RuleMapping = "mapping"
)

// Source is where a value came from.
type Source struct {
	Field, Value string
	Rule         string
	TableRow     string
}

// Copied is a value that ServiceTrade gave, as it stands.
func Copied(field, value string) Source { return Source{Field: field, Value: value, Rule: RuleCopy} }

// Log collects the explanations of one document, in the order of its fields.
type Log struct{ fields []*tradepostv1.Explanation }

// Set notes why field has value. An empty value was not set and needs no reason.
func (l *Log) Set(field, value string, s Source) {
	if value == "" {
		return
	}
	l.fields = append(l.fields, &tradepostv1.Explanation{
		Field: field, Value: value,
		SourceField: s.Field, SourceValue: s.Value,
		Rule: s.Rule, TableRow: s.TableRow,
	})
}

// Replace notes the value of a field that had another one before.
func (l *Log) Replace(field, value string, s Source) {
	l.fields = slices.DeleteFunc(l.fields, func(e *tradepostv1.Explanation) bool { return e.GetField() == field })
	l.Set(field, value, s)
}

// Text notes a value that was copied and returns it, so that setting a field and
// explaining it is one step.
func (l *Log) Text(field, value, sourceField string) string {
	l.Set(field, value, Copied(sourceField, value))
	return value
}

// True notes a flag that is set.
func (l *Log) True(field string, value bool, sourceField string) bool {
	if value {
		l.Set(field, "true", Copied(sourceField, "true"))
	}
	return value
}

// ID notes a ServiceTrade id.
func (l *Log) ID(field string, id int64, sourceField string) int64 {
	if id != 0 {
		l.Set(field, fmt.Sprint(id), Copied(sourceField, fmt.Sprint(id)))
	}
	return id
}

// Answer notes a reference that the mapping found; record is the ServiceTrade
// record that was looked at.
func (l *Log) Answer(field string, a mapping.Answer, record string) *tradepostv1.Reference {
	s := Source{Field: record, Value: a.SourceValue, Rule: a.Rule, TableRow: a.TableRow}
	if a.SourceField != "" && record != "" {
		s.Field = record + "." + a.SourceField
	} else if a.SourceField != "" {
		s.Field = a.SourceField
	}
	l.Set(field, a.Reference.GetValue(), s)
	return a.Reference
}

// Done returns the explanation of the whole document.
func (l *Log) Done() *tradepostv1.DocumentExplanation {
	return &tradepostv1.DocumentExplanation{Fields: l.fields}
}
