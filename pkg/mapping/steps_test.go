package mapping_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const stepsFile = `version: 1
items:
  match: [rules, code]
  rules:
    - when: line.generic && line.description.matches("(?i)freight|shipping")
      use: FREIGHT
    - by: line.service_line
      table: {Sprinkler: SPR, Alarm: {id: "77"}}
accounts:
  revenue:
    - when: job.type == "inspection"
      by: location.tags
      table: {Federal: "4100", State: "4200"}
    - when: '"vip" in job.tags || customer.name.startsWith("City of")'
      use: "4300"
    - by: location.taxable
      table: {"true": "4400"}
  revenue_default: "4900"
classes:
  invoice:
    - by: customer.id
      table: {2001: Municipal}
    - use: General
`

func TestSteps(t *testing.T) {
	m := parse(t, stepsFile)
	type want struct{ value, rule, row, source string }
	for name, c := range map[string]struct {
		f    mapping.Facts
		want want
	}{
		"a table behind a condition": {mapping.Facts{Job: mapping.JobFacts{Type: "inspection"}, Location: mapping.LocationFacts{Tags: []string{"Other", "State"}}}, want{"4200", "accounts.revenue[0]", "State", "location.tags"}},
		"the table does not know it": {mapping.Facts{Job: mapping.JobFacts{Type: "inspection", Tags: []string{"vip"}}}, want{"4300", "accounts.revenue[1]", "", ""}},
		"the condition is not so":    {mapping.Facts{Location: mapping.LocationFacts{Tags: []string{"State"}, Taxable: true}}, want{"4400", "accounts.revenue[2]", "true", "location.taxable"}},
		"text of a fact":             {mapping.Facts{Customer: mapping.CustomerFacts{Name: "City of Durham"}}, want{"4300", "accounts.revenue[1]", "", ""}},
		"nothing of it":              {mapping.Facts{}, want{"4900", "accounts.revenue_default", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			a, ok, err := m.RevenueAccount(&tradepostv1.Reference{Value: "X"}, &c.f)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, c.want, want{a.Reference.GetValue(), a.Rule, a.TableRow, a.SourceField})
		})
	}
}

func TestItemsByRules(t *testing.T) {
	m := parse(t, stepsFile)
	for name, c := range map[string]struct {
		line        mapping.LineFacts
		value, rule string
	}{
		"a generic item by its description": {mapping.LineFacts{Generic: true, Description: "Inbound FREIGHT"}, "FREIGHT", "items.rules[0]"},
		"a service line":                    {mapping.LineFacts{ServiceLine: "Alarm"}, "77", "items.rules[1]"},
		"else its code":                     {mapping.LineFacts{ServiceLine: "Plumbing"}, "GEN", "items.code"},
	} {
		t.Run(name, func(t *testing.T) {
			a, ok, err := m.Item(mapping.ItemQuery{Code: "GEN", Facts: &mapping.Facts{Line: &c.line}})
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, []string{c.value, c.rule}, []string{a.Reference.GetValue(), a.Rule})
		})
	}
	a, _, err := m.Classes.Invoice.Choose(&mapping.Facts{Customer: mapping.CustomerFacts{ID: 2001}})
	require.NoError(t, err)
	require.Equal(t, "Municipal", a.Reference.GetValue())
}

// A condition that costs too much stops the invoice; it does not fall through to
// the next step.
func TestAConditionThatCostsTooMuchDecidesNothing(t *testing.T) {
	m := parse(t, `version: 1
classes:
  invoice:
    - when: job.tags.exists(a, job.tags.exists(b, job.tags.exists(c, a + b == c)))
      use: A
    - use: B
`)
	tags := strings.Split(strings.Repeat("tag ", 200), " ")
	_, ok, err := m.Classes.Invoice.Choose(&mapping.Facts{Job: mapping.JobFacts{Tags: tags}})
	require.ErrorIs(t, err, mapping.ErrCondition)
	require.False(t, ok)
	a, ok, err := m.Classes.Invoice.Choose(&mapping.Facts{Job: mapping.JobFacts{Tags: tags[:3]}})
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "B", a.Reference.GetValue())
}

// Whoever mends a condition is told where it stands, why it failed, and what to do.
func TestAConditionThatFailsSaysWhere(t *testing.T) {
	for when, want := range map[string][2]string{
		"1 / int(size(job.tags)) == 1":     {"it divides by zero", "ask first whether the number is 0"},
		"1 % int(size(job.tags)) == 1":     {"it divides by zero", "ask first"},
		"int(job.number) > 5":              {"a text in it is not a number", "ask first whether it is one"},
		`job.name.matches(job.type + "(")`: {"a pattern in it cannot be read", "write the pattern as text"},
	} {
		m := parse(t, "version: 1\naccounts:\n  revenue:\n    - {use: A, when: '"+when+"'}\n")
		_, _, err := m.RevenueAccount(nil, &mapping.Facts{Line: &mapping.LineFacts{}})
		require.ErrorIs(t, err, mapping.ErrCondition)
		failed, ok := errors.AsType[*mapping.ConditionError](err)
		require.True(t, ok)
		require.Equal(t, "accounts.revenue[0].when", failed.Key)
		require.Equal(t, want[0], failed.Why, when)
		require.Contains(t, failed.Fix, want[1])
	}
}

// Every fact can be asked in a condition, in a table and in a text, with its type.
func TestEveryFact(t *testing.T) {
	for _, f := range mapping.Vocabulary() {
		compare := map[mapping.Kind]string{
			mapping.KindText: f.Name + ` == "x"`, mapping.KindNumber: f.Name + " == 7",
			mapping.KindYesNo: f.Name, mapping.KindList: `"x" in ` + f.Name,
		}[f.Kind]
		file := fmt.Sprintf("version: 1\naccounts:\n  revenue:\n    - {when: '%s', use: A}\n    - {by: %s, table: {x: B, '7': B, 'true': B}}\ntexts: {description: 'a {%s} b'}\n", compare, f.Name, f.Name)
		m := parse(t, file)
		_, ok, err := m.RevenueAccount(nil, &mapping.Facts{})
		require.NoError(t, err, f.Name)
		require.False(t, ok, f.Name)
		m.Texts.Description.Render(&mapping.Facts{})
		if f.OfLine {
			_, err := mapping.Parse([]byte(fmt.Sprintf("version: 1\nsales_rep: [{when: '%s', use: A}]\n", compare)), "m.yaml")
			require.ErrorContains(t, err, "the condition is wrong", f.Name)
		}
	}
}

func TestBrokenSteps(t *testing.T) {
	for steps, want := range map[string]string{
		`{a: b}`:                                                "2:12: sales_rep: expected a list of steps, found keys with values",
		`[{when: "job.typ == 'x'", use: A}]`:                    "sales_rep[0].when: the condition is wrong at character",
		`[{when: "job.type == 3", use: A}]`:                     "== does not go with text and a whole number; compare like with like",
		`[{when: "job.name", use: A}]`:                          "it gives text, and has to give true or false",
		`[{when: "true"}]`:                                      "the step names nothing of the books",
		`[{use: A}, {use: B}]`:                                  "sales_rep[1]: the step is never reached",
		`[{by: job.color, table: {a: b}}]`:                      `"job.color" is not a fact that is known here`,
		`[{by: line.item, table: {a: b}}]`:                      `line.item is a fact of a line, and the whole invoice is asked about here`,
		`[{by: job.type}]`:                                      "the step has no table",
		`[{table: {a: b}}]`:                                     "does not say what its table is asked for",
		`[{by: job.type, table: {a: b}, use: C}]`:               "a step cannot have both a table and use",
		`[{by: job.type, table_file: x.csv}]`:                   "the mapping is read without its folder",
		`[{when: "invoice.total > 100.0", use: A}]`:             `"invoice.total" is not a fact that is known here`,
		`[{when: "job.id + 1.0 == 2.0", use: A}]`:               "+ does not go with a whole number and a number with a point",
		`[{when: "job.type == repair", use: A}]`:                "\"repair\" is not a fact that is known here; if it is text, put it into quotes: \"repair\"",
		`[{when: "job == 'x'", use: A}]`:                        "job is not a fact by itself; possible: job.id, job.name",
		`[{when: "job.name.startswith('x')", use: A}]`:          `"startswith" is not a function that is known here; possible: contains, startsWith`,
		`[{when: 'job.name.matches("(?i)freight(")', use: A}]`:  "the pattern cannot be read: missing closing ): `(?i)freight(`; close every bracket",
		`[{by: job.type, table: {}}]`:                           "sales_rep[0].table: the table is empty; write rows into it",
		`[{wen: "true", use: A}]`:                               "unknown key; known here: by, table, table_file, use, when",
		`[{when: "` + strings.Repeat("x", 1001) + `", use: A}]`: "the condition is too long",
	} {
		_, err := mapping.Parse([]byte("version: 1\nsales_rep: "+steps+"\n"), "m.yaml")
		require.ErrorContains(t, err, want, steps)
		require.ErrorContains(t, err, "m.yaml:2:", steps)
	}
}

func TestTableFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("m.yaml", "version: 1\ncustomers: {table: {Zed: C9}, table_file: customers.csv}\n")
	write("customers.csv", "\ufeffServiceTrade,Books,By\r\n# a note\r\n\"Acme, Inc.\",C100,\r\n2001,80-1,ID\r\n\r\n  Beta  LLC , Beta , name\r\n")
	m, err := mapping.ParseFile(filepath.Join(dir, "m.yaml"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "customers.csv")}, m.Files())
	for name, want := range map[string]string{"Acme, Inc.": "1:C100", "Beta LLC": "", "Zed": ""} {
		a, ok := m.Customer(mapping.CustomerQuery{Name: name})
		require.True(t, ok, name)
		if want == "1:C100" {
			require.Equal(t, byCode, a.Reference.GetBy())
		}
	}
	a, _ := m.Customer(mapping.CustomerQuery{CompanyID: 2001})
	require.Equal(t, []any{byID, "80-1", "customers.table", "2001"}, []any{a.Reference.GetBy(), a.Reference.GetValue(), a.Rule, a.TableRow})

	write("customers.csv", "ServiceTrade,Books\nAcme,C1\nAcme,C2\n,C3\nBeta,\nZed,C9\nA,B,name,more\nC,D,shoe\n\"x\n")
	_, err = mapping.ParseFile(filepath.Join(dir, "m.yaml"))
	for _, want := range []string{
		`customers.csv:3:1: "Acme" is there twice`, "customers.csv:4:1: the row says nothing of ServiceTrade",
		"customers.csv:5:6: the row names nothing of the books", `"Zed" is in the table and in the table file`,
		"customers.csv:7:10: the row has more columns", `customers.csv:8:5: "shoe" is not possible`, "customers.csv:9:4: not readable as CSV",
	} {
		require.ErrorContains(t, err, want)
	}
	before := m.Hash()
	write("customers.csv", "ServiceTrade,Books\nAcme,C1\n")
	m, err = mapping.ParseFile(filepath.Join(dir, "m.yaml"))
	require.NoError(t, err)
	require.NotEqual(t, before, m.Hash(), "what a table file says is part of the mapping")
	require.NoError(t, os.Remove(filepath.Join(dir, "customers.csv")))
	_, err = mapping.ParseFile(filepath.Join(dir, "m.yaml"))
	require.ErrorContains(t, err, "the file of the table cannot be read")
}

// A table in another encoding, or of another kind, is refused without a row of it
// being believed, and without a page of problems.
func TestTableFileOfAnotherKind(t *testing.T) {
	dir := t.TempDir()
	mappingFile := filepath.Join(dir, "m.yaml")
	require.NoError(t, os.WriteFile(mappingFile, []byte("version: 1\ncustomers: {table_file: c.csv}\n"), 0o600))
	for text, want := range map[string]string{
		"servicetrade,books\nCaf\xe9,C1\n":                       "c.csv:2:4: the file is not UTF-8 text: the byte 0xE9",
		"servicetrade,books\n9007,C\x00-1\n":                     "c.csv:2:7: the file is not UTF-8 text: it has a NUL here",
		"\xff\xfes\x00e\x00":                                     "c.csv:1:1: the file is UTF-16 text",
		strings.Repeat("x", 5<<20):                               "at most 4194304 bytes are read",
		"servicetrade,books\n" + strings.Repeat("x,\n", 100_000): "c.csv:22:3: 99980 more problems from here on, 100000 in all",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "c.csv"), []byte(text), 0o600))
		_, err := mapping.ParseFile(mappingFile)
		require.ErrorContains(t, err, want)
		require.LessOrEqual(t, strings.Count(err.Error(), "\n"), 20)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "c.csv")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "c.csv")))
	_, err := mapping.ParseFile(mappingFile)
	require.ErrorContains(t, err, "c.csv: it is no regular file")
}

func TestTemplate(t *testing.T) {
	m := parse(t, `version: 1
texts:
  memo: |
    {invoice.name}
    Job {job.number}, PO {job.po}
    Offices: {location.offices}
    Thank you
  custom_fields: {Site: "{location.name} ({location.store_number})"}
`)
	require.Equal(t, "Thank you", m.Texts.Memo.Render(&mapping.Facts{}))
	f := &mapping.Facts{Job: mapping.JobFacts{Number: "7"}, Location: mapping.LocationFacts{Offices: []string{"East", "West"}, Name: "Mall"}}
	require.Equal(t, "Job 7, PO\nOffices: East, West\nThank you", strings.ReplaceAll(m.Texts.Memo.Render(f), "PO \n", "PO\n"))
	require.Equal(t, "Mall ()", m.Texts.Custom["Site"].Render(f))
	for text, want := range map[string]string{
		"{job.color}": `"job.color" is not a fact`, "{line.item}": "line.item is a fact of a line",
		"{job.number": "a brace has no partner", "job}": "a brace has no partner", "{}": "is not a fact",
	} {
		_, err := mapping.Parse([]byte("version: 1\ntexts: {memo: '"+text+"'}\n"), "m.yaml")
		require.ErrorContains(t, err, want)
	}
}

// What every policy may say is read, changes the hash, and nothing else is read.
func TestPolicies(t *testing.T) {
	words := map[string][]string{
		"customers: {of: %s}": {"company", "location"}, "customers: {level: %s}": {"company", "location", "job"},
		"customers: {create: %s}": {"true", "false"}, "items: {create: %s}": {"true", "false"},
		"numbers: {source: %s}": {"servicetrade", "job", "assigned"},
		"dates: {source: %s}":   {"invoice", "created", "job_completed"}, "dates: {closed_period: %s}": {"hold", "first_open_day", "today"},
		"policy: {partial: %s}": {"allow", "hold"}, "policy: {zero: %s}": {"post", "refuse"}, "policy: {negative: %s}": {"credit_memo", "refuse"},
		"policy: {mixed_signs: %s}": {"keep", "split", "refuse"}, "policy: {voided: %s}": {"void", "credit_memo", "comment"},
		"rounding: {mode: %s}": {"half_up", "half_even"}, "rounding: {of: %s}": {"line", "document"}, "rounding: {tax: %s}": {"line", "document"},
		"go_live: %s": {"2026-01-01", "2026-02-01"}, "tax: {mode: taxable_flag, exempt: %s}": {"NON", "EX"},
		"tax: {tolerance: %s}": {"0", "1", "10"},
	}
	for file, values := range words {
		hashes := map[string]bool{}
		for _, v := range values {
			hashes[parse(t, "version: 1\n"+fmt.Sprintf(file, v)+"\n").Hash()] = true
		}
		require.Len(t, hashes, len(values), file)
		_, err := mapping.Parse([]byte("version: 1\n"+fmt.Sprintf(file, "[never]")+"\n"), "m.yaml")
		require.ErrorContains(t, err, "m.yaml:2:", file)
	}
}

// Whatever rows a table has, each is found by what it says, and nothing else is.
func TestTablesFindWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.MapOfN(rapid.StringMatching(`[A-Za-z][A-Za-z0-9 .,'-]{0,20}[A-Za-z0-9]`), rapid.StringMatching(`[A-Z0-9]{1,8}`), 1, 20).Draw(t, "rows")
		asked := rapid.StringMatching(`[A-Za-z][A-Za-z0-9 .,'-]{0,20}[A-Za-z0-9]`).Draw(t, "asked")
		var file strings.Builder
		file.WriteString("version: 1\nclasses: {invoice: [{by: job.type, table: {")
		want := map[string]string{}
		for k, v := range rows {
			folded := strings.Join(strings.Fields(k), " ")
			if _, twice := want[folded]; twice {
				t.Skip("two spellings of one row")
			}
			want[folded] = v
			fmt.Fprintf(&file, "%q: %q, ", k, v)
		}
		file.WriteString("}}]}\n")
		m, err := mapping.Parse([]byte(file.String()), "m.yaml")
		require.NoError(t, err)
		for _, k := range append([]string{asked}, keys(rows)...) {
			a, ok, err := m.Classes.Invoice.Choose(&mapping.Facts{Job: mapping.JobFacts{Type: k}})
			require.NoError(t, err)
			v, known := want[strings.Join(strings.Fields(k), " ")]
			require.Equal(t, known, ok)
			require.Equal(t, v, a.Reference.GetValue())
		}
	})
}

func keys(m map[string]string) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	return list
}

func BenchmarkCondition(b *testing.B) {
	m, err := mapping.Parse([]byte(stepsFile), "m.yaml")
	require.NoError(b, err)
	f := &mapping.Facts{Job: mapping.JobFacts{Type: "repair", Tags: []string{"a", "b"}}, Customer: mapping.CustomerFacts{Name: "Acme"}}
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = m.RevenueAccount(nil, f)
	}
}
