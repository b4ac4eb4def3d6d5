package strictyaml

import (
	"github.com/goccy/go-yaml/ast"
)

// refused lists the YAML features below root that are not supported.
func refused(file string, root ast.Node) []Problem {
	v := &refusals{file: file}
	ast.Walk(v, root)
	return v.problems
}

type refusals struct {
	file     string
	problems []Problem
}

// Visit implements ast.Visitor.
func (r *refusals) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode:
		r.add(n, "anchors (&name) are not supported", "write the value where it is used")
	case *ast.AliasNode:
		r.add(n, "aliases (*name) are not supported", "write the value where it is used; quote the text if it begins with *")
	case *ast.MergeKeyNode:
		r.add(n, "merge keys (<<) are not supported", "write the keys where they are used")
	case *ast.TagNode:
		r.add(n, "tags (!name) are not supported", "remove the tag; quote the text if it begins with !")
	case *ast.MappingKeyNode:
		r.add(n, "keys written with ? are not supported", "write key: value")
	case *ast.DirectiveNode:
		r.add(n, "directives (%NAME) are not supported", "remove the line")
	}
	return r
}

func (r *refusals) add(n ast.Node, what, fix string) {
	r.problems = append(r.problems, Problem{File: r.file, Position: positionOf(n), What: what, Fix: fix})
}
