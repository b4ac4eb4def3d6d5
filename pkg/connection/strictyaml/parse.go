// Package strictyaml reads YAML that people write by hand. Unlike a plain
// decoder it does not stop at the first mistake: it reports every one, each with
// file, line, column, key and what to do about it. It refuses what makes a
// configuration file hard to follow (anchors, aliases, merge keys, tags, several
// documents), so that a value always stands where it is used.
package strictyaml

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/tradepost/tradepost/pkg/textfile"
)

// MaxSize is the largest file in bytes that is read: several times what 1,000
// connections need. A larger one is some other file.
const MaxSize = 8 << 20

// Node is a value in a parsed file, together with its place there. The zero
// Node stands for a value that was not given. A struct field of this type takes
// its part of the file undecoded, to be decoded later. It may be used by many
// goroutines at once.
type Node struct {
	file string
	path string
	at   Position
	node ast.Node
}

// Absent stands for a value that was not given: what is wrong with that is told
// at the place where it would have to be added.
func Absent(file, path string, at Position) Node { return Node{file: file, path: path, at: at} }

// Parse reads data, the content of file. The error is an *Error.
func Parse(file string, data []byte) (Node, error) {
	root := Node{file: file, at: Position{Line: 1, Column: 1}}
	text, problem := checkBytes(data)
	if problem != nil {
		problem.File = file
		return root, AsError([]Problem{*problem})
	}
	parsed, err := parse(text)
	if err != nil {
		return root, AsError([]Problem{syntaxProblem(file, err)})
	}
	docs := documents(parsed)
	if len(docs) == 0 {
		return root, nil
	}
	root.node = docs[0].Body
	problems := refused(file, root.node)
	if len(docs) > 1 {
		problems = append(problems, Problem{
			File: file, Position: positionOf(docs[1].Body), What: "a second document (after ---) begins here",
			Fix: "keep one document per file: remove the --- line",
		})
	}
	return root, AsError(problems)
}

func checkBytes(data []byte) ([]byte, *Problem) {
	if len(data) > MaxSize {
		return nil, &Problem{What: fmt.Sprintf("has %d bytes; at most %d are read", len(data), MaxSize), Fix: "check that this is the right file"}
	}
	text, wrong := textfile.UTF8(data)
	if wrong != nil {
		return nil, &Problem{Position: Position{wrong.Line, wrong.Column}, What: wrong.What, Fix: wrong.Fix}
	}
	return text, nil
}

// The parser recurses, and a stack that overflows cannot be caught.
const (
	maxNesting = 50
	maxIndent  = 500
)

// tooDeep returns the token at which the nesting passes what people write.
func tooDeep(tokens token.Tokens) *token.Token {
	depth := 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			if tk.Position.Column > maxIndent {
				return tk
			}
		}
		if depth > maxNesting {
			return tk
		}
	}
	return nil
}

// parse guards against a parser that panics: whatever a file holds, its reader
// is owed a message and not a stack trace.
func parse(data []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML parser gave up: %v", r)
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if tk := tooDeep(tokens); tk != nil {
		return nil, &yaml.SyntaxError{Message: "too many levels inside each other", Token: tk}
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

func syntaxProblem(file string, err error) Problem {
	p := Problem{File: file, What: "is not valid YAML: " + err.Error(), Fix: "check indentation, colons and quotes around this line"}
	if syntax, ok := errors.AsType[yaml.Error](err); ok {
		p.What = "is not valid YAML: " + syntax.GetMessage()
		if tk := syntax.GetToken(); tk != nil && tk.Position != nil {
			p.Position = Position{tk.Position.Line, tk.Position.Column}
		}
	}
	return p
}

func documents(f *ast.File) []*ast.DocumentNode {
	var docs []*ast.DocumentNode
	for _, d := range f.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	return docs
}

func positionOf(n ast.Node) Position {
	if n == nil {
		return Position{}
	}
	// The YAML library places an indented mapping at its first colon.
	if values, ok := mappingValues(n); ok && len(values) > 0 {
		if m, isMapping := n.(*ast.MappingNode); !isMapping || !m.IsFlowStyle {
			n = values[0].Key
		}
	}
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return Position{}
	}
	return Position{tk.Position.Line, tk.Position.Column}
}
