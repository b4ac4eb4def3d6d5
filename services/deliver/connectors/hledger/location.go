package hledger

import "path/filepath"

// Location is the journal directory, with links followed where it exists already.
func (l *Ledger) Location() string {
	dir, err := filepath.Abs(l.cfg.JournalDir)
	if err != nil {
		return filepath.Clean(l.cfg.JournalDir)
	}
	if followed, err := filepath.EvalSymlinks(dir); err == nil {
		return followed
	}
	return dir
}
