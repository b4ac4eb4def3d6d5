// Package newconnector writes the beginning of a connector: one that compiles, and passes
// the conformance kit. The same files are built step by step in docs/connector-tutorial.md.
package newconnector

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed ledgerbook/*.go.txt
var templates embed.FS

// example is the name that the connector has in the templates and in the tutorial.
const example = "ledgerbook"

// connectors is where they are, in a checkout.
const connectors = "services/deliver/connectors"

var (
	names    = regexp.MustCompile(`^[a-z][a-z0-9]{1,39}$`)
	reserved = map[string]bool{"connector": true, "context": true, "errors": true, "fault": true, "internal": true, "main": true, "test": true}
)

// Files returns the files of a connector by name. Its name is its kind and its package:
// small letters and digits.
func Files(name string) (map[string]string, error) {
	if !names.MatchString(name) || reserved[name] {
		return nil, fmt.Errorf("%q cannot be the name of a connector: use two or more small letters and digits, a letter first (it is a Go package, and the word in configurations)", name)
	}
	files := map[string]string{}
	err := fs.WalkDir(templates, example, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := templates.ReadFile(p)
		files[strings.TrimSuffix(path.Base(p), ".txt")] = strings.ReplaceAll(string(raw), example, name)
		return err
	})
	return files, err
}

// Write writes the files into a new folder of that name: below into, or where into is "",
// where connectors are in the checkout around from. It returns the folder.
func Write(name, into, from string) (string, error) {
	files, err := Files(name)
	if err != nil {
		return "", err
	}
	if into == "" {
		if into, err = checkout(from); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(into, name)
	if err := os.Mkdir(dir, 0o750); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("%s is there already: nothing was written", dir)
		}
		return "", err
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// checkout is the folder of the connectors in the checkout that from is in.
func checkout(from string) (string, error) {
	for dir := from; ; dir = filepath.Dir(dir) {
		folder := filepath.Join(dir, filepath.FromSlash(connectors))
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is in no checkout of Tradepost: clone it, and run this there, or name a folder with --into", from)
		}
	}
}
