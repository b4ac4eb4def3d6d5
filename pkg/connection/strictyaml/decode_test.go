package strictyaml_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

type shape struct {
	Name     string            `yaml:"name"`
	Count    int               `yaml:"count"`
	Small    int8              `yaml:"small"`
	On       bool              `yaml:"on"`
	Wait     time.Duration     `yaml:"wait"`
	Limit    decimal.Decimal   `yaml:"limit"`
	Ratio    float64           `yaml:"ratio"`
	Tags     []string          `yaml:"tags"`
	Words    map[string]string `yaml:"words"`
	Parts    map[string]*part  `yaml:"parts"`
	Inner    part              `yaml:"inner"`
	Pointer  *part             `yaml:"pointer"`
	Later    strictyaml.Node   `yaml:"later"`
	Anything any               `yaml:"anything"`
	Hidden   string            `yaml:"-"`
	Base     `yaml:",inline"`
}

// Base is inlined.
type Base struct {
	Origin string
}

type part struct {
	Size  int    `yaml:"size"`
	Color string `yaml:"color"`
}

func (p *part) SetDefaults() { p.Color = "red" }

func decode(t *testing.T, text string) (shape, []string) {
	t.Helper()
	root, err := strictyaml.Parse("f.yaml", []byte(text))
	require.NoError(t, err)
	var s shape
	var told []string
	for _, p := range root.Decode(&s, strictyaml.Options{}) {
		told = append(told, p.String())
	}
	return s, told
}

func TestDecodeTakesEveryKind(t *testing.T) {
	s, told := decode(t, `
name: 0123
count: 1_000
small: -5
on: true
wait: 1m30s
limit: 522.50
ratio: 0.5
tags: [a, 1.50, true]
words: {x: y}
parts:
  one: {size: 1}
  two: {size: 2, color: blue}
  three:
inner: {size: 3}
pointer: {size: 4}
later: {free: text}
anything: {list: [1]}
origin: inlined
`)
	require.Empty(t, told)
	require.Equal(t, "0123", s.Name)
	require.Equal(t, 1000, s.Count)
	require.Equal(t, int8(-5), s.Small)
	require.True(t, s.On)
	require.Equal(t, 90*time.Second, s.Wait)
	require.Equal(t, "522.5", s.Limit.String())
	require.InDelta(t, 0.5, s.Ratio, 0)
	require.Equal(t, []string{"a", "1.50", "true"}, s.Tags)
	require.Equal(t, map[string]string{"x": "y"}, s.Words)
	require.Equal(t, &part{1, "red"}, s.Parts["one"])
	require.Equal(t, &part{2, "blue"}, s.Parts["two"])
	require.Equal(t, &part{0, "red"}, s.Parts["three"])
	require.Equal(t, part{Size: 3}, s.Inner)
	require.Equal(t, &part{4, "red"}, s.Pointer)
	require.Equal(t, "inlined", s.Origin)
	var later struct{ Free string }
	require.Empty(t, s.Later.Decode(&later, strictyaml.Options{}))
	require.Equal(t, "text", later.Free)
}

func TestDecodeReportsEverythingAtOnce(t *testing.T) {
	_, told := decode(t, `
nmae: x
count: many
small: 300
on: "yes"
wait: 30
limit: abc
tags: a
inner: [1]
pointer:
  size: {}
  size: 2
hidden: x
zzzzzzzz: 1
`)
	require.Equal(t, []string{
		"f.yaml:2:1: nmae: unknown key\n    fix: did you mean \"name\"?",
		"f.yaml:3:1: count: must be a whole number, but is a text\n    fix: write digits only, without quotes",
		"f.yaml:4:1: small: 300 is not a decimal number of at most 8 bits\n    fix: write a decimal number that is not larger than needed",
		"f.yaml:5:1: on: must be true or false, but is a text\n    fix: write true or false, without quotes",
		"f.yaml:6:1: wait: must be a length of time, but is a number\n    fix: write a number with its unit, such as 30s, 5m or 1h30m",
		"f.yaml:7:1: limit: \"abc\" cannot be used: error decoding string 'abc': can't convert abc to decimal",
		"f.yaml:8:1: tags: must be a list, but is a text\n    fix: write it as lines that begin with a dash",
		"f.yaml:9:1: inner: must have keys, but is a list\n    fix: write it as indented key: value lines",
		"f.yaml:11:3: pointer.size: must be a whole number, but is a group of keys\n    fix: write digits only, without quotes",
		"f.yaml:12:3: pointer.size: is given twice, first on line 11\n    fix: keep one of the two",
		"f.yaml:13:1: hidden: unknown key\n    fix: known here: anything, count, inner, later, limit, name, on, origin, parts, pointer, ratio, small, tags, wait, words",
		"f.yaml:14:1: zzzzzzzz: unknown key\n    fix: known here: anything, count, inner, later, limit, name, on, origin, parts, pointer, ratio, small, tags, wait, words",
	}, told)
}

func TestDecodeLeavesWhatIsNotGiven(t *testing.T) {
	root, err := strictyaml.Parse("f.yaml", []byte("name:\ncount: null\ntags: ~\n"))
	require.NoError(t, err)
	s := shape{Name: "kept", Count: 7, Tags: []string{"kept"}}
	require.Empty(t, root.Decode(&s, strictyaml.Options{}))
	require.Equal(t, shape{Name: "kept", Count: 7, Tags: []string{"kept"}}, s)
}

func TestHook(t *testing.T) {
	hooks := map[reflect.Type]strictyaml.Hook{
		reflect.TypeFor[part](): func(n strictyaml.Node) (any, *strictyaml.Problem) {
			if text, ok := n.Text(); ok {
				return part{Color: text}, nil
			}
			return nil, &strictyaml.Problem{What: "is no color", Fix: "name one"}
		},
	}
	root, err := strictyaml.Parse("f.yaml", []byte("inner: blue\npointer: green\nparts: {x: [1]}\n"))
	require.NoError(t, err)
	var s shape
	problems := root.Decode(&s, strictyaml.Options{Hooks: hooks})
	require.Equal(t, "blue", s.Inner.Color)
	require.Equal(t, "green", s.Pointer.Color)
	require.Len(t, problems, 1)
	require.Equal(t, "f.yaml:3:9: parts.x: is no color\n    fix: name one", problems[0].String())
}

func TestPlaces(t *testing.T) {
	root, err := strictyaml.Parse("f.yaml", []byte("inner:\n  size: 1\n"))
	require.NoError(t, err)
	places := strictyaml.Places{}
	var s shape
	require.Empty(t, root.Decode(&s, strictyaml.Options{Places: places}))
	require.Equal(t, strictyaml.Position{Line: 2, Column: 3}, places.Of("inner.size"))
	require.Equal(t, strictyaml.Position{Line: 1, Column: 1}, places.Of("inner.color.shade"), "the nearest key above")
	require.Equal(t, strictyaml.Position{Line: 1, Column: 1}, places.Of("pointer"), "the start of the file")
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"anchor":     {"a: &x 1\n", "f.yaml:1:4: anchors (&name) are not supported"},
		"alias":      {"a: &x 1\nb: *x\n", "f.yaml:2:4: aliases (*name) are not supported"},
		"merge":      {"a:\n  <<: {b: 1}\n", "f.yaml:2:3: merge keys (<<) are not supported"},
		"tag":        {"a: !!str 1\n", "f.yaml:1:4: tags (!name) are not supported"},
		"documents":  {"a: 1\n---\nb: 2\n", "f.yaml:3:1: a second document (after ---) begins here"},
		"no YAML":    {"a: [1, 2\n", "f.yaml:1:4: is not valid YAML: "},
		"tabs":       {"a:\n\tb: 1\n", "is not valid YAML: "},
		"no UTF-8":   {"a: 1\nb: \xff\n", "f.yaml:2:4: is not UTF-8 text"},
		"too deep":   {"a: " + strings.Repeat("[", 100000) + "\n", "too many levels"},
		"too large":  {strings.Repeat("#", strictyaml.MaxSize+1), "at most 8388608 are read"},
		"binary":     {"\x00\x01\x02", "f.yaml"},
		"deep lists": {strings.Repeat("- ", 5000) + "a\n", "too many levels"},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := strictyaml.Parse("f.yaml", []byte(c.text))
			if err == nil {
				err = strictyaml.AsError(root.Decode(&shape{}, strictyaml.Options{}))
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestParseEmpty(t *testing.T) {
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n", "\ufeffname: x\n"} {
		root, err := strictyaml.Parse("f.yaml", []byte(text))
		require.NoError(t, err, "%q", text)
		require.Empty(t, root.Decode(&shape{}, strictyaml.Options{}), "%q", text)
	}
}

func TestErrorListsProblems(t *testing.T) {
	require.NoError(t, strictyaml.AsError(nil))
	err := strictyaml.AsError([]strictyaml.Problem{
		{File: "f.yaml", Position: strictyaml.Position{Line: 9, Column: 1}, Key: "b", What: "is bad", Fix: "mend it"},
		{File: "f.yaml", Position: strictyaml.Position{Line: 2, Column: 1}, Key: "a", What: "is worse"},
	})
	require.EqualError(t, err, "2 problems:\n  f.yaml:2:1: a: is worse\n  f.yaml:9:1: b: is bad\n      fix: mend it")
}

func TestSuggest(t *testing.T) {
	require.Equal(t, `did you mean "connector"?`, strictyaml.Suggest("conector", []string{"account", "connector"}))
	require.Equal(t, "known here: a, b", strictyaml.Suggest("something", []string{"b", "a"}))
	require.Equal(t, "nothing is known here: remove it", strictyaml.Suggest("x", nil))
}

// FuzzParse looks for a text that ends the program, or a problem without a text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"name: x\n", "parts: {a: {size: 1}}\n", "- a\n- b\n", "? a\n: b\n", "a: |\n  x\n", "a: 'x", "%YAML 1.2\n---\na: 1\n", "a: &b [*b]\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := strictyaml.Parse("f.yaml", data)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, p := range root.Decode(&shape{}, strictyaml.Options{Places: strictyaml.Places{}}) {
			require.NotEmpty(t, p.What)
			require.Positive(t, p.Line, p.String())
		}
	})
}
