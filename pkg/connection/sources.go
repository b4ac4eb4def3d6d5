package connection

import (
	"crypto/sha256"
	"maps"
	"sync"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
	"github.com/tradepost/tradepost/pkg/textfile"
)

// sum stands for the content of a file, or for why it cannot be read.
type sum [sha256.Size]byte

func sumOf(data []byte, err error) sum {
	if err != nil {
		return sha256.Sum256([]byte("unreadable: " + err.Error()))
	}
	return sha256.Sum256(data)
}

// sources remembers the files that one Load read: the configuration, mappings,
// secrets. A secret is read once, however late it is asked for, so that a
// configuration in force never mixes with what a file says later.
type sources struct {
	mu   sync.Mutex
	sums map[string]sum
	kept map[string][]byte
}

func newSources() *sources { return &sources{sums: map[string]sum{}, kept: map[string][]byte{}} }

// file reads a file and remembers its sum.
func (s *sources) file(path string) ([]byte, error) {
	data, err := readFile(path)
	s.note(path, data, err)
	return data, err
}

// readFile reads any file that a configuration names. No larger one is of use, and
// what never ends must not fill the memory.
func readFile(path string) ([]byte, error) { return textfile.Read(path, strictyaml.MaxSize) }

// note remembers a file that somebody else read.
func (s *sources) note(path string, data []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sums[path] = sumOf(data, err)
}

// secret reads a file once and remembers what it holds.
func (s *sources) secret(path string) ([]byte, error) {
	s.mu.Lock()
	data, known := s.kept[path]
	s.mu.Unlock()
	if known {
		return data, nil
	}
	data, err := s.file(path)
	if err == nil {
		s.mu.Lock()
		s.kept[path] = data
		s.mu.Unlock()
	}
	return data, err
}

// all returns the sums of all files by path.
func (s *sources) all() map[string]sum {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.sums)
}
