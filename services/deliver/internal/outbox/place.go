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
	// SFTP is a directory of another machine; nil where Folder is set.
	SFTP *SFTPPlace `yaml:"sftp"`
	// LookEvery is how often the folder is looked at for what people moved there; default
	// 15s for a folder, 2m for SFTP.
	LookEvery time.Duration `yaml:"look_every"`
}

// The bounds and defaults of LookEvery.
const (
	lookFolder  = 15 * time.Second
	lookSFTP    = 2 * time.Minute
	leastFolder = time.Second
	leastSFTP   = 15 * time.Second
	mostLook    = time.Hour
)

// Looks is how often the folder is looked at, with the default.
func (p *Place) Looks() time.Duration {
	switch {
	case p.LookEvery != 0:
		return p.LookEvery
	case p.SFTP != nil:
		return lookSFTP
	}
	return lookFolder
}

func (p *Place) lookProblems() []error {
	least := leastFolder
	if p.SFTP != nil {
		least = leastSFTP
	}
	if every := p.Looks(); every < least || every > mostLook {
		return []error{fmt.Errorf("setting look_every: %s is not between %s and %s", every, least, mostLook)}
	}
	return nil
}

// Problems tells what is wrong with the settings.
func (p *Place) Problems() []error {
	switch {
	case p.Folder == "" && p.SFTP == nil:
		return []error{errors.New("setting folder: is missing; name the directory for the import files, for example folder: outbox, or an sftp server")}
	case p.Folder != "" && p.SFTP != nil:
		return []error{errors.New("setting sftp: cannot be used together with folder")}
	case p.SFTP != nil:
		return append(p.SFTP.problems(), p.lookProblems()...)
	}
	return p.lookProblems()
}

// Open returns the folder without touching it. dir is the directory of the configuration
// file.
func (p *Place) Open(dir string) (Folder, error) {
	if p.SFTP != nil {
		return newSFTP(*p.SFTP, dir)
	}
	return NewLocal(absolute(dir, p.Folder)), nil
}

func absolute(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
