package strictyaml

import "github.com/goccy/go-yaml/ast"

// At returns the value under the keys, or the zero Node.
func (n Node) At(keys ...string) Node {
	for _, key := range keys {
		values, ok := mappingValues(n.node)
		if !ok {
			return Node{}
		}
		next := Node{}
		for _, entry := range values {
			if entry.Key.GetToken().Value == key {
				next = Node{file: n.file, path: join(n.path, key), at: positionOf(entry.Key), node: entry.Value}
				break
			}
		}
		n = next
	}
	return n
}

// Written returns the value as YAML, without comments: another text for another value.
func (n Node) Written() string {
	if n.node == nil {
		return ""
	}
	return n.node.String()
}

// Only returns the texts of all mappings below that have this key and no other,
// such as the paths of {file: path}.
func (n Node) Only(key string) []string {
	if n.node == nil {
		return nil
	}
	found := only{key: key}
	ast.Walk(&found, n.node)
	return found.texts
}

type only struct {
	key   string
	texts []string
}

// Visit implements ast.Visitor.
func (o *only) Visit(node ast.Node) ast.Visitor {
	if values, ok := mappingValues(node); ok && len(values) == 1 && values[0].Key.GetToken().Value == o.key {
		if _, whole := node.(*ast.MappingNode); whole {
			if text, plain := scalarText(values[0].Value); plain {
				o.texts = append(o.texts, text)
			}
		}
	}
	return o
}
