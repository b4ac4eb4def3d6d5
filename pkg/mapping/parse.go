package mapping

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

// Bounds on a mapping file. The parser works recursively, so that a file of
// nothing but brackets would otherwise end the program.
const (
	maxFileBytes = 4 << 20
	maxNesting   = 20
	maxEntryCol  = 200
)

// ParseFile reads a mapping file and the table files that it names, whose paths
// start at its folder. The error is a Problems with every mistake at once, or tells
// why the file cannot be read.
func ParseFile(path string) (*Mapping, error) {
	return ParseFiles(path, func(p string) ([]byte, error) { return textfile.Read(p, maxFileBytes) })
}

// ParseFiles is ParseFile with another way to read files.
func ParseFiles(path string, open func(path string) ([]byte, error)) (*Mapping, error) {
	data, err := open(path)
	if err != nil {
		return nil, err
	}
	return parse(&reader{file: path, open: open}, data)
}

// Parse reads a mapping that names no other file. filename is only for the
// messages. The error is a Problems with every mistake at once, each with line and
// column.
func Parse(data []byte, filename string) (*Mapping, error) {
	return parse(&reader{file: filename}, data)
}

func parse(r *reader, data []byte) (*Mapping, error) {
	root := r.document(data)
	var m *Mapping
	if len(r.problems) == 0 {
		m = r.mapping(root)
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted(r.file).first()
	}
	if err := m.seal(); err != nil {
		return nil, fmt.Errorf("hash the mapping %s: %w", r.file, err)
	}
	return m, nil
}

// document returns the file's only YAML document.
func (r *reader) document(data []byte) ast.Node {
	if len(data) > maxFileBytes {
		r.add(nil, "", fmt.Sprintf("the file has %d bytes, at most %d are read", len(data), maxFileBytes), "put long lists into CSV files (table_file)")
		return nil
	}
	text, wrong := textfile.UTF8(data)
	if wrong != nil {
		r.problems = append(r.problems, Problem{File: r.file, Line: wrong.Line, Column: wrong.Column, What: "the file " + wrong.What, Fix: wrong.Fix})
		return nil
	}
	tokens := lexer.Tokenize(string(text))
	if !r.shallow(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	var root ast.Node
	for _, d := range file.Docs {
		if isEmpty(d.Body) {
			continue
		}
		if root != nil {
			r.add(d.Body, "", "a second document begins here", "keep one document in the file")
			return nil
		}
		root = d.Body
	}
	if root == nil {
		r.add(nil, "version", "the file is empty", "begin with version: 1")
	}
	return root
}

func (r *reader) shallow(tokens token.Tokens) bool {
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			if t.Position.Column > maxEntryCol {
				depth = maxNesting + 1
			}
		}
		if depth > maxNesting {
			p := Problem{File: r.file, What: "too many levels inside each other", Fix: fmt.Sprintf("at most %d are read", maxNesting)}
			p.Line, p.Column = t.Position.Line, t.Position.Column
			r.problems = append(r.problems, p)
			return false
		}
	}
	return true
}

func (r *reader) syntax(err error) {
	p := Problem{File: r.file, What: "not readable as YAML: " + err.Error()}
	if located, ok := errors.AsType[yaml.Error](err); ok {
		p.What = "not readable as YAML: " + located.GetMessage()
		if t := located.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	p.Fix = "check indentation, colons and quotes around this place"
	r.problems = append(r.problems, p)
}
