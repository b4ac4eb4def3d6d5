package mapping

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/common"
)

// wrong is what is wrong with a condition, and what to do about it.
type wrong struct{ what, fix string }

const comparisonFix = `compare like with like: text in double quotes (job.type == "repair"), numbers without, "vip" in job.tags for a list, yes/no alone (line.taxable)`

var (
	overload   = regexp.MustCompile(`no matching overload for '([^']*)' applied to '([^']*)'`)
	undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	literal    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	dotted     = regexp.MustCompile(`[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?`)
	typeWord   = strings.NewReplacer("list(string)", "a list", "list(dyn)", "a list", "string", "text", "int", "a whole number", "double", "a number with a point", "bool", "yes/no", ".(", " of ", "(", "", ")", "", ", ", " and ")
)

// explain puts the evaluator's words into those of a mapping file.
func explain(source string, ofLine bool, e *common.Error) *wrong {
	at := fmt.Sprintf(" at character %d: ", e.Location.Column()+1)
	if m := overload.FindStringSubmatch(e.Message); m != nil {
		return &wrong{at + operator(m[1]) + " does not go with " + typeWord.Replace(m[2]), comparisonFix}
	}
	if m := undeclared.FindStringSubmatch(e.Message); m != nil {
		w := strange(source, m[1], ofLine)
		return &wrong{at + w.what, w.fix}
	}
	if words, syntax := strings.CutPrefix(e.Message, "Syntax error: "); syntax {
		return &wrong{at + words, "check brackets, quotes and what stands between two comparisons (&& is and, || is or)"}
	}
	return &wrong{at + e.Message, `write a CEL expression over facts, such as job.type == "repair" && "vip" in job.tags`}
}

// strange tells what a name is that means nothing to the evaluator: a fact that is not
// known here, a function, or text without its quotes.
func strange(source, name string, ofLine bool) *wrong {
	plain := literal.ReplaceAllString(source, `""`)
	if regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\s*\(`).MatchString(plain) {
		return &wrong{fmt.Sprintf("%.60q is not a function that is known here", name), "possible: contains, startsWith, endsWith, matches, lowerAscii, upperAscii, trim, size, exists, all"}
	}
	if fact := strangeName(source, ofLine); fact != "" {
		return notHere(fact, ofLine)
	}
	if same := factsLike(name, ofLine); strings.HasPrefix(same[0], name+".") {
		return &wrong{name + " is not a fact by itself", "possible: " + strings.Join(same, ", ")}
	}
	return &wrong{fmt.Sprintf("%.60q is not a fact that is known here", name), fmt.Sprintf("if it is text, put it into quotes: %q; facts are written like job.type", name)}
}

// unusable is a condition that has the right types and can still never be asked: the
// evaluator looks at patterns only now.
func unusable(err error) *wrong {
	if _, pattern, ok := strings.Cut(err.Error(), "error parsing regexp: "); ok {
		return &wrong{": the pattern cannot be read: " + pattern, `close every bracket of the pattern; a character that is meant as it is gets two backslashes in front, such as "freight\\("; look-ahead is not possible`}
	}
	return &wrong{": " + err.Error(), "write it in a simpler way, or make several steps of it"}
}

// failure tells why a condition could not be evaluated for one invoice.
func failure(source string, err error) *ConditionError {
	e := &ConditionError{Source: source, Why: err.Error(), Fix: "have it be true or false whatever the invoice has"}
	switch {
	case strings.Contains(e.Why, "cost limit"):
		e.Why, e.Fix = "it takes too many steps", "make it simpler, or a table of it"
	case strings.Contains(e.Why, "by zero"), strings.Contains(e.Why, "modulus"):
		e.Why, e.Fix = "it divides by zero", "ask first whether the number is 0"
	case strings.Contains(e.Why, "invalid syntax"), strings.Contains(e.Why, "conversion"):
		e.Why, e.Fix = "a text in it is not a number", `ask first whether it is one, such as job.number.matches("^[0-9]+$") && int(job.number) > 5`
	case strings.Contains(e.Why, "error parsing regexp"):
		e.Why, e.Fix = "a pattern in it cannot be read", "write the pattern as text, and not as a fact"
	}
	return e
}

// operator is a function of the evaluator as it is written: _==_ is ==, @in is in.
func operator(function string) string { return strings.Trim(function, "_@") }

// strangeName is the first name of a condition that is no fact here; "" when all are.
func strangeName(source string, ofLine bool) string {
	for _, name := range dotted.FindAllString(literal.ReplaceAllString(source, `""`), -1) {
		f, known := factNamed(name)
		if strings.Contains(name, ".") && (!known || f.OfLine && !ofLine) {
			return name
		}
	}
	return ""
}

// notHere tells why a name is no fact where it stands.
func notHere(name string, ofLine bool) *wrong {
	if _, known := factNamed(name); known && !ofLine {
		return &wrong{name + " is a fact of a line, and the whole invoice is asked about here", "ask it where lines are asked about, such as accounts.revenue or classes.line"}
	}
	return &wrong{fmt.Sprintf("%.60q is not a fact that is known here", name), "possible: " + strings.Join(factsLike(name, ofLine), ", ")}
}

// factsLike are the facts of the same record, or all of them where there is none.
func factsLike(name string, ofLine bool) []string {
	record, _, _ := strings.Cut(name, ".")
	all := factNames(ofLine)
	var same []string
	for _, f := range all {
		if strings.HasPrefix(f, record+".") {
			same = append(same, f)
		}
	}
	if len(same) > 0 {
		return same
	}
	return all
}
