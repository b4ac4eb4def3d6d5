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
	overload = regexp.MustCompile(`no matching overload for '([^']*)' applied to '([^']*)'`)
	literal  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	dotted   = regexp.MustCompile(`[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?`)
	typeWord = strings.NewReplacer("list(string)", "a list", "list(dyn)", "a list", "string", "text", "int", "a whole number", "double", "a number with a point", "bool", "yes/no", ".(", " of ", "(", "", ")", "", ", ", " and ")
)

// explain puts the evaluator's words into those of a mapping file.
func explain(source string, ofLine bool, e *common.Error) *wrong {
	at := fmt.Sprintf(" at character %d: ", e.Location.Column()+1)
	if m := overload.FindStringSubmatch(e.Message); m != nil {
		return &wrong{at + operator(m[1]) + " does not go with " + typeWord.Replace(m[2]), comparisonFix}
	}
	if strings.HasPrefix(e.Message, "undeclared reference") {
		if name := strangeName(source, ofLine); name != "" {
			w := notHere(name, ofLine)
			return &wrong{at + w.what, w.fix}
		}
	}
	if words, syntax := strings.CutPrefix(e.Message, "Syntax error: "); syntax {
		return &wrong{at + words, "check brackets, quotes and what stands between two comparisons (&& is and, || is or)"}
	}
	return &wrong{at + e.Message, `write a CEL expression over facts, such as job.type == "repair" && "vip" in job.tags`}
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
