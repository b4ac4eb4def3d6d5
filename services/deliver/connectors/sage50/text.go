package sage50

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
)

// clipped is the text, as much of it as fits. Only texts that no money hangs on are cut.
func clipped(s string, limit int) string {
	if s = ansi.Text(s); utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:limit]), " ")
}

// stateCode is for the fields of a state, which take a code such as NC. A name that is
// longer is left out: two letters of it would be another state's code, or none.
func stateCode(s string) string {
	if s = strings.TrimSpace(ansi.Text(s)); utf8.RuneCountInString(s) > maxState {
		return ""
	}
	return s
}

// idProblem tells why a text cannot be the id of a record of Sage 50; "" when it can.
func idProblem(id string, limit int) string {
	switch n := utf8.RuneCountInString(id); {
	case id == "":
		return "is empty"
	case n > limit:
		return fmt.Sprintf("has %d characters, and Sage 50 takes %d", n, limit)
	case id != strings.TrimSpace(id):
		return "begins or ends with a blank"
	case strings.ContainsAny(id, "*?+"):
		return "has one of the characters * ? +, which Sage 50 does not take in an id"
	}
	for _, r := range id {
		if !ansi.Holds(r) {
			return fmt.Sprintf("has the character %q, which the file cannot hold", r)
		}
	}
	return ""
}
