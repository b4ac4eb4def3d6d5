package answers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// What a program or an endpoint may do besides finding and making documents.
const (
	CanUpdate  = "update"
	CanVoid    = "void"
	CanPreview = "preview"
)

// Abilities are the words for that, in the setting can and in what is announced.
var Abilities = []string{CanPreview, CanUpdate, CanVoid}

// Kinds are the words for what can be listed.
var Kinds = []string{
	string(connector.ReferenceAccount), string(connector.ReferenceCustomer), string(connector.ReferenceItem),
	string(connector.ReferenceTax), string(connector.ReferenceTerms),
}

// WrongDeclarations are the problems of the settings can and lists.
func WrongDeclarations(can, lists []string) (problems []error) {
	for _, ability := range unknown(can, Abilities) {
		problems = append(problems, fmt.Errorf("setting can: %q is none of %s", ability, strings.Join(Abilities, ", ")))
	}
	for _, kind := range unknown(lists, Kinds) {
		problems = append(problems, fmt.Errorf("setting lists: %q is none of %s", kind, strings.Join(Kinds, ", ")))
	}
	return problems
}

// Announcer announces what it can: a program, or an endpoint with its company.
type Announcer interface {
	GetCan() []string
	GetLists() []string
}

// Unannounced lists, for people, what the settings declare and the other side, who, does
// not announce.
func Unannounced(can, lists []string, said Announcer, who string) (how []string) {
	for _, ability := range unknown(can, said.GetCan()) {
		how = append(how, fmt.Sprintf("the connection declares %q, and the %s does not announce it", ability, who))
	}
	for _, kind := range unknown(lists, said.GetLists()) {
		how = append(how, fmt.Sprintf("the connection declares a list of kind %q, and the %s does not announce it", kind, who))
	}
	return how
}

// unknown are the words that are none of those that there are.
func unknown(words, known []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(known, word) })
}
