package mappingdoc

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/tradepost/tradepost/pkg/mapping"
)

// node is what is shown of a schema of one key.
type node struct {
	Description string        `yaml:"description"`
	Default     any           `yaml:"default"`
	Type        any           `yaml:"type"`
	Enum        []any         `yaml:"enum"`
	Ref         string        `yaml:"$ref"`
	Pattern     string        `yaml:"pattern"`
	Maximum     *int          `yaml:"maximum"`
	Items       *node         `yaml:"items"`
	Properties  yaml.MapSlice `yaml:"properties"`
	Additional  any           `yaml:"additionalProperties"`
}

// tables are the tables of keys by section; that of the plain keys is "keys".
func tables() (map[string]string, error) {
	root, err := nodeOf(json.RawMessage(mapping.Schema()))
	if err != nil {
		return nil, err
	}
	all, plain := map[string]string{}, yaml.MapSlice{}
	for _, p := range root.Properties {
		n, err := nodeOf(p.Value)
		if err != nil {
			return nil, err
		}
		if len(n.Properties) == 0 {
			plain = append(plain, p)
			continue
		}
		name := fmt.Sprint(p.Key)
		if all["keys "+name], err = table(n.Properties); err != nil {
			return nil, fmt.Errorf("section %s: %w", name, err)
		}
	}
	all["keys"], err = table(plain)
	return all, err
}

// nodeOf reads a schema in the order in which it is written.
func nodeOf(value any) (node, error) {
	raw, ok := value.(json.RawMessage)
	if !ok {
		text, err := yaml.Marshal(value)
		if err != nil {
			return node{}, err
		}
		raw = text
	}
	var n node
	err := yaml.UnmarshalWithOptions(raw, &n, yaml.UseOrderedMap())
	return n, err
}

func table(keys yaml.MapSlice) (string, error) {
	var b strings.Builder
	b.WriteString("| key | value | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, k := range keys {
		n, err := nodeOf(k.Value)
		if err != nil {
			return "", err
		}
		if n.Description == "" {
			return "", fmt.Errorf("key %v has no description", k.Key)
		}
		value, err := n.value()
		if err != nil {
			return "", fmt.Errorf("key %v: %w", k.Key, err)
		}
		fmt.Fprintf(&b, "| `%v` | %s | %s | %s |\n", k.Key, value, n.otherwise(), strings.ReplaceAll(n.Description, "|", `\|`))
	}
	return b.String(), nil
}

func (n node) otherwise() string {
	switch d := n.Default.(type) {
	case nil:
		return ""
	case []any:
		return "`[" + strings.Join(words(d), ", ") + "]`"
	default:
		return fmt.Sprintf("`%v`", d)
	}
}

// value says in a few words what may stand behind a key.
func (n node) value() (string, error) {
	switch {
	case n.Ref != "":
		return map[string]string{
			"#/$defs/reference": "a record", "#/$defs/table": "a table", "#/$defs/table_file": "a file",
			"#/$defs/step": "a step", "#/$defs/line_step": "a step",
		}[n.Ref], nil
	case len(n.Enum) > 0:
		return "`" + strings.Join(words(n.Enum), "`, `") + "`", nil
	case n.Items != nil && len(n.Items.Enum) > 0:
		return "a list of `" + strings.Join(words(n.Items.Enum), "`, `") + "`", nil
	case n.Items != nil && n.Items.Ref == "#/$defs/step":
		return "steps", nil
	case n.Items != nil && n.Items.Ref == "#/$defs/line_step":
		return "steps, also over facts of the line", nil
	case n.Maximum != nil:
		return fmt.Sprintf("a whole number to %d", *n.Maximum), nil
	case n.Type == "boolean":
		return "`true`, `false`", nil
	case n.Pattern != "":
		return "a day, `YYYY-MM-DD`", nil
	case n.Type == "object" && n.Additional != nil:
		return "texts by name", nil
	case n.Type != nil:
		return "text", nil
	}
	return "", errors.New("nobody knows what may stand there")
}

// words are values as they are written; 1 and "1" are one.
func words(values []any) []string {
	var list []string
	for _, v := range values {
		w := fmt.Sprint(v)
		if len(list) == 0 || list[len(list)-1] != w {
			list = append(list, w)
		}
	}
	return list
}
