package main

import (
	"fmt"
	"strings"
)

// root is the path that all modules of the repository begin with.
const root = "github.com/tradepost/tradepost/"

// pkg is what the law has to know of one Go package. Test imports count: what a
// test imports, its module depends on.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// area returns the part of the repository that an import path belongs to: proto,
// pkg, tools, services/<name>; "" for other people's packages, and the first
// folder for what the law does not know.
func area(path string) string {
	inside, ours := strings.CutPrefix(path, root)
	if !ours {
		return ""
	}
	parts := strings.Split(inside, "/")
	if parts[0] == "services" && len(parts) > 1 {
		return "services/" + parts[1]
	}
	return parts[0]
}

// allowed tells whether from may import to, and the rule that says so.
func allowed(from, to string) (ok bool, rule string) {
	switch {
	case to == "" || from == to:
		return true, ""
	case from == "proto" || from == "tools":
		return false, from + " imports nothing of ours"
	case from == "pkg":
		return to == "proto", "pkg imports proto only"
	case from == "services/tradepost":
		return to == "proto" || to == "pkg" || strings.HasPrefix(to, "services/"), "services/tradepost imports pkg, proto and services"
	case strings.HasPrefix(from, "services/"):
		return to == "proto" || to == "pkg", "a service imports pkg and proto, never another service"
	default:
		return false, "the import law does not know " + from + ": say in tools/importlaw what it may import"
	}
}

// breaches lists every import that the law does not allow.
func breaches(packages []pkg) []string {
	var found []string
	for _, p := range packages {
		seen := map[string]bool{}
		for _, list := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
			for _, imported := range list {
				ok, rule := allowed(area(p.ImportPath), area(imported))
				if ok || seen[imported] {
					continue
				}
				seen[imported] = true
				found = append(found, fmt.Sprintf("%s imports %s: %s",
					strings.TrimPrefix(p.ImportPath, root), strings.TrimPrefix(imported, root), rule))
			}
		}
	}
	return found
}
