package mapping_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
)

type object = map[string]any

func schemaObject(t *testing.T) object {
	var s object
	require.NoError(t, json.Unmarshal(mapping.Schema(), &s))
	return s
}

func validator(t *testing.T) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(mapping.Schema()))
	require.NoError(t, err)
	require.NoError(t, c.AddResource("mapping.json", doc))
	s, err := c.Compile("mapping.json")
	require.NoError(t, err)
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return s.Validate(doc)
}

// known asks Parse what it knows at a place.
func known(t *testing.T, file string) []string {
	_, err := mapping.Parse([]byte(file), "m.yaml")
	found := regexp.MustCompile(`unknown key; known here: (.*)`).FindStringSubmatch(err.Error())
	require.NotNil(t, found, file)
	return strings.Split(found[1], ", ")
}

// The schema and the reader know the same keys, words and facts.
func TestSchemaKnowsWhatTheReaderKnows(t *testing.T) {
	s := schemaObject(t)
	properties := s["properties"].(object)
	require.ElementsMatch(t, known(t, "version: 1\nnever: 1\n"), slices.Collect(maps.Keys(properties)))
	for name, p := range properties {
		inner, ok := p.(object)["properties"].(object)
		if !ok {
			continue
		}
		require.ElementsMatch(t, known(t, "version: 1\n"+name+": {never: 1}\n"), slices.Collect(maps.Keys(inner)), name)
		for key, q := range inner {
			words, ok := q.(object)["enum"].([]any)
			if !ok {
				continue
			}
			_, err := mapping.Parse([]byte("version: 1\n"+name+": {"+key+": never}\n"), "m.yaml")
			require.ErrorContains(t, err, "possible: "+joined(words), name+"."+key)
		}
	}
	require.ElementsMatch(t, known(t, "version: 1\nsales_rep: [{never: 1}]\n"), slices.Collect(maps.Keys(step(s, "step"))))
	require.ElementsMatch(t, money.Currencies(), properties["currency"].(object)["enum"])
	var whole, lines []any
	for _, f := range mapping.Vocabulary() {
		lines = append(lines, f.Name)
		if !f.OfLine {
			whole = append(whole, f.Name)
		}
	}
	require.Equal(t, whole, step(s, "step")["by"].(object)["enum"])
	require.Equal(t, lines, step(s, "line_step")["by"].(object)["enum"])
}

func step(s object, name string) object {
	return s["$defs"].(object)[name].(object)["properties"].(object)
}

func joined(words []any) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.(string)
	}
	return strings.Join(list, ", ")
}

func TestSchemaTakesWhatTheReaderTakes(t *testing.T) {
	s := validator(t)
	require.NoError(t, validate(t, s, read(t, "full.yaml")))
	require.NoError(t, validate(t, s, []byte(stepsFile)))
}

func TestSchemaRefuses(t *testing.T) {
	s := validator(t)
	for _, text := range []string{
		"customers: {}", "version: 2", "version: 1\ncustomer: {}", "version: 1\ncustomers: {level: floor}",
		"version: 1\ncustomers: {match: [fuzzy]}", "version: 1\nitems: {default: {id: a, code: b}}", "version: 1\nitems: {create: 1}",
		"version: 1\nsales_rep: [{when: a}]", "version: 1\nsales_rep: [{by: job.type}]", "version: 1\nsales_rep: [{by: line.item, table: {a: b}}]",
		"version: 1\nsales_rep: [{by: job.type, table: {a: b}, use: c}]", "version: 1\ngo_live: 1.1.2026", "version: 1\nitems: {table: [a]}",
	} {
		require.Error(t, validate(t, s, []byte(text)), text)
		_, err := mapping.Parse([]byte(text), "m.yaml")
		require.Error(t, err, text)
	}
}
