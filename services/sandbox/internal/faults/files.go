package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// ScenarioNames lists the scenarios of a folder that comes with the sandbox.
func ScenarioNames(files fs.FS, folder string) []string {
	all, err := fs.Glob(files, path.Join(folder, "*.yaml"))
	if err != nil { // the pattern is good
		return nil
	}
	for i, name := range all {
		all[i] = strings.TrimSuffix(path.Base(name), ".yaml")
	}
	return all
}

// ReadScenario gives the text of a scenario, which is a file or one of a folder by
// its name, and the name of its file for messages.
func ReadScenario(files fs.FS, folder, pathOrName string) (file string, data []byte, err error) {
	data, err = os.ReadFile(pathOrName) //nolint:gosec // the operator's own file
	names := ScenarioNames(files, folder)
	if errors.Is(err, fs.ErrNotExist) && slices.Contains(names, pathOrName) {
		pathOrName += ".yaml"
		data, err = fs.ReadFile(files, path.Join(folder, pathOrName))
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the scenario, a file or one of %s: %w", strings.Join(names, ", "), err)
	}
	return pathOrName, data, nil
}
