package faultsdoc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
)

// entries are the calls by which a test goes through the part that tells a fault: a
// message into a stage, a document into a connector, a run of a command. A test that
// only builds a fault, or compares one, calls none of them.
var entries = map[string][]string{
	"ingest":    {"Command", "Handle"},
	"deliver":   {"Handle", "Command", "Posted", "HoldDead", "Create", "Find", "Update"},
	"reconcile": {"Handle"},
	"connector": {"connectortest.Run", "Check", "CheckDocument", "Create", "Void", "Confirm", "Handle"},
	"doctor":    {"doctor.Run", "doctor.Find"},
	"preview":   {"preview.Open"},
	"program":   {"Handle", "stage.Unknown", "stage.NotAttached"},
}

// constants stand for the codes that tests name so.
var constants = map[string]string{
	"CodeUnreadable": bus.CodeUnreadable, "CodeInvalid": bus.CodeInvalid, "CodeSubject": bus.CodeSubject,
	"CodeTooLarge": bus.CodeTooLarge, "CodeCrashLoop": bus.CodeCrashLoop,
}

// part is what a declaration of a test package holds: names that it uses, calls (f,
// and pkg.f), and texts.
type part struct{ uses, calls, texts map[string]bool }

func newPart() *part { return &part{map[string]bool{}, map[string]bool{}, map[string]bool{}} }

// testPackage is the declarations of a folder's test files by name; methods and
// functions of one name count together.
type testPackage map[string]*part

func (p testPackage) add(name string, n ast.Node) {
	d := p[name]
	if d == nil {
		d = newPart()
		p[name] = d
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			d.uses[n.Name] = true
			if code, ok := constants[n.Name]; ok {
				d.texts[code] = true
			}
		case *ast.CallExpr:
			d.call(n.Fun)
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				// "rejected CODE", and "CODE: reason" of a held record.
				for word := range strings.FieldsSeq(text) {
					d.texts[strings.TrimSuffix(word, ":")] = true
				}
			}
		}
		return true
	})
}

func (d *part) call(f ast.Expr) {
	switch f := f.(type) {
	case *ast.SelectorExpr:
		d.calls[f.Sel.Name] = true
		if x, ok := f.X.(*ast.Ident); ok {
			d.calls[x.Name+"."+f.Sel.Name] = true
		}
	case *ast.Ident:
		d.calls[f.Name] = true
	}
}

// reach gathers what a declaration holds together with all that it uses of its package.
func (p testPackage) reach(name string, into *part, seen map[string]bool) {
	if seen[name] || p[name] == nil {
		return
	}
	seen[name] = true
	maps.Copy(into.calls, p[name].calls)
	maps.Copy(into.texts, p[name].texts)
	for used := range p[name].uses {
		p.reach(used, into, seen)
	}
}

// testPackages parses test files, by folder.
func testPackages(t *testing.T, files map[string]string) map[string]testPackage {
	t.Helper()
	all := map[string]testPackage{}
	for name, text := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		dir := filepath.ToSlash(filepath.Dir(name))
		if all[dir] == nil {
			all[dir] = testPackage{}
		}
		for _, d := range file.Decls {
			all[dir].declare(d)
		}
	}
	return all
}

func (p testPackage) declare(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		p.add(d.Name.Name, d)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok {
				for _, n := range v.Names {
					p.add(n.Name, v)
				}
			}
		}
	}
}

// proof is a test under the folders that names a code and goes through one of the
// entries, by itself or by what it uses of its package; "" when there is none.
func proof(packages map[string]testPackage, code string, under, through []string) string {
	for dir, p := range packages {
		if !within(dir, under) {
			continue
		}
		for name := range p {
			all := newPart()
			if !strings.HasPrefix(name, "Test") {
				continue
			}
			if p.reach(name, all, map[string]bool{}); !all.texts[code] {
				continue
			}
			for _, call := range through {
				if all.calls[call] {
					return dir + " " + name
				}
			}
		}
	}
	return ""
}

func within(dir string, under []string) bool {
	for _, u := range under {
		if dir == u || strings.HasPrefix(dir, u+"/") {
			return true
		}
	}
	return false
}

// A test that only builds a fault, or stands elsewhere, proves nothing of its code.
func TestProofIsATestThatGoesThroughThePart(t *testing.T) {
	packages := testPackages(t, map[string]string{
		"services/a/a_test.go": `package a
import "testing"
var wanted = []string{"x.one"}
func TestGoes(t *testing.T) { send(t); _ = wanted }
func send(t *testing.T) { (service{}).Handle(t) }
func TestBuilds(t *testing.T) { fault.New("x.two") }
// "x.three" stands in a comment only.
func TestNothing(t *testing.T) { send(t) }
`,
		"services/b/b_test.go": "package b\nfunc TestOther() { s.Handle(\"x.two\") }\n",
	})
	for code, want := range map[string]string{"x.one": "services/a TestGoes", "x.two": "", "x.three": ""} {
		require.Equal(t, want, proof(packages, code, []string{"services/a"}, entries["deliver"]), code)
	}
}
