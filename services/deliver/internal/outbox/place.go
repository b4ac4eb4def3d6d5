package outbox

import (
	"errors"
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
}

// Problems tells what is wrong with the settings.
func (p *Place) Problems() []error {
	switch {
	case p.Folder == "" && p.SFTP == nil:
		return []error{errors.New("setting folder: is missing; name the directory for the import files, for example folder: outbox, or an sftp server")}
	case p.Folder != "" && p.SFTP != nil:
		return []error{errors.New("setting sftp: cannot be used together with folder")}
	case p.SFTP != nil:
		return p.SFTP.problems()
	}
	return nil
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
