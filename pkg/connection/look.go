package connection

import (
	"maps"
	"os"
	"time"
)

const (
	// A file whose times did not change for so long before it was read is not read
	// again for as long as they stay: writing it would change them.
	quietFile = 3 * time.Second
	// Every so many looks all files are read, whatever their times say: some tools
	// keep the times of what they copy.
	readAllEvery = 15
)

// seen is what the last look at a file found.
type seen struct {
	info os.FileInfo // nil when there was none
	at   time.Time
	sum  sum
}

// eye looks at files again and again. By content: a ConfigMap of Kubernetes is
// swapped by a symbolic link, and editors write a new file in place of the old.
type eye struct {
	files map[string]seen
	looks int
}

// look returns the sums of the files at present.
func (e *eye) look(paths map[string]sum) map[string]sum {
	e.looks++
	now := make(map[string]seen, len(paths))
	for path := range paths {
		now[path] = e.file(path)
	}
	e.files = now
	sums := make(map[string]sum, len(now))
	for path, s := range now {
		sums[path] = s.sum
	}
	return sums
}

func (e *eye) file(path string) seen {
	info, err := os.Stat(path)
	last := e.files[path]
	if err == nil && last.info != nil && e.looks%readAllEvery != 0 && os.SameFile(info, last.info) &&
		info.Size() == last.info.Size() && info.ModTime().Equal(last.info.ModTime()) && last.at.Sub(info.ModTime()) > quietFile {
		last.info = info
		return last
	}
	found := seen{at: time.Now()}
	if err == nil {
		found.info = info
	}
	found.sum = sumOf(readFile(path))
	return found
}

// differ tells whether the two have a file in common that is not the same.
func differ(a, b map[string]sum) bool {
	for path, s := range a {
		if other, ok := b[path]; ok && other != s {
			return true
		}
	}
	return false
}

func same(a, b map[string]sum) bool { return maps.Equal(a, b) }
