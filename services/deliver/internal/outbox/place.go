package outbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// RemindAfter is after how long a file that nobody confirmed is told, by default.
const RemindAfter = 72 * time.Hour

// Place is the part of a connector's settings that says where the files go.
type Place struct {
	// Folder is a directory of this machine, or one that is mounted here. Relative to the
	// configuration file.
	Folder string `yaml:"folder"`
}

// Problems tells what is wrong with the settings.
func (p *Place) Problems() []error {
	if p.Folder == "" {
		return []error{errors.New("setting folder: is missing; name the directory for the import files, for example folder: outbox")}
	}
	return nil
}

// Open returns the folder without touching it. dir is the directory of the configuration
// file.
func (p *Place) Open(dir string) (Folder, error) {
	if p.Folder == "" {
		return nil, fmt.Errorf("no folder is set")
	}
	at := p.Folder
	if !filepath.IsAbs(at) {
		at = filepath.Join(dir, at)
	}
	return NewLocal(at), nil
}
