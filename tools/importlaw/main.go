// Command importlaw checks who imports whom in the repository, over all modules
// of the workspace that it is run in. It prints each breach and exits with 1.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	packages, err := list()
	if err != nil {
		fmt.Fprintln(os.Stderr, "importlaw:", err)
		os.Exit(2)
	}
	found := breaches(packages)
	for _, breach := range found {
		fmt.Fprintln(os.Stderr, breach)
	}
	if len(found) > 0 {
		fmt.Fprintf(os.Stderr, "importlaw: %d imports break the law (ARCHITECTURE.md)\n", len(found))
		os.Exit(1)
	}
	fmt.Printf("importlaw: %d packages, all imports allowed\n", len(packages))
}

// list asks the go command for the packages of all workspace modules, also
// those that do not compile.
func list() ([]pkg, error) {
	command := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "work")
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages of the workspace: %w: %s", err, problems.String())
	}
	packages, err := decode(bytes.NewReader(out))
	if err == nil && len(packages) == 0 {
		err = errors.New("the workspace has no packages: run it where go.work is")
	}
	return packages, err
}

// decode reads the go command's JSON objects, one after the other.
func decode(r io.Reader) ([]pkg, error) {
	var packages []pkg
	for decoder := json.NewDecoder(r); ; {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read what go list says: %w", err)
		}
		packages = append(packages, p)
	}
}
