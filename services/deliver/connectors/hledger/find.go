package hledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// markerForm is what may become a file's name; anything else never was a document.
var markerForm = regexp.MustCompile(`^st-[a-z0-9-]{1,40}-[0-9]{1,19}(-c)?(-v)?$`)

// Find looks for the file of the marker, and through all journals of the
// directory for entries that carry it, since a bookkeeper may have moved one. A
// copy is found too: two entries are two results. The id of a document is its
// marker.
func (l *Ledger) Find(ctx context.Context, q connector.Query) ([]connector.Found, error) {
	if err := l.present(ctx); err != nil {
		return nil, connector.Stop(l.waitFor(err))
	}
	markers := []string{q.Marker}
	if q.ID != "" && q.ID != q.Marker {
		markers = append(markers, q.ID)
	}
	var found []connector.Found
	for _, m := range markers {
		if !markerForm.MatchString(m) {
			continue
		}
		more, err := l.lookFor(ctx, m)
		if err != nil {
			return nil, connector.Stop(l.waitFor(fmt.Errorf("look for %s: %w", m, err)))
		}
		found = append(found, more...)
	}
	if len(found) == 0 {
		return nil, nil
	}
	// Another process may have linked the file and died before it flushed.
	if err := l.settle(); err != nil {
		return nil, connector.Stop(l.waitFor(fmt.Errorf("flush %s: %w", invoiceDir, err)))
	}
	return found, nil
}

// lookFor returns what stands under the marker's own name first, then entries
// elsewhere in the order of their files.
func (l *Ledger) lookFor(ctx context.Context, marker string) ([]connector.Found, error) {
	own := l.file(marker)
	found, err := l.readOwn(marker)
	if err != nil {
		return nil, err
	}
	paths, err := l.index.find(ctx, marker)
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	for _, path := range paths {
		if path == own {
			continue
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entriesOf(string(raw), marker) {
			found = append(found, l.cfg.found(e, marker, hashOf(e.raw)))
		}
	}
	return found, nil
}

// readOwn reads the file that has the marker's name. What is there counts,
// whatever it is: a file that nobody can make sense of is a document without a
// total, never no document.
func (l *Ledger) readOwn(marker string) ([]connector.Found, error) {
	raw, err := os.ReadFile(l.file(marker))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return l.readBack(marker, string(raw)), nil
}

func (l *Ledger) readBack(marker, content string) []connector.Found {
	version := hashOf(content)
	entries := entriesOf(content, marker)
	if len(entries) == 0 {
		entries = readJournal(content)
		entries = entries[:min(1, len(entries))]
	}
	if len(entries) == 0 {
		return []connector.Found{{ID: marker, Version: version}}
	}
	found := make([]connector.Found, 0, len(entries))
	for _, e := range entries {
		found = append(found, l.cfg.found(e, marker, version))
	}
	return found
}

// entriesOf returns the entries of content that carry the marker.
func entriesOf(content, marker string) []entry {
	return slices.DeleteFunc(readJournal(content), func(e entry) bool { return e.tags["stid"] != marker })
}

// file is where the document of a marker stands.
func (l *Ledger) file(marker string) string { return l.path(invoiceDir, marker+".journal") }

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// sentence joins differences for a person.
func sentence(diffs []string) string { return strings.Join(diffs, "; ") }
