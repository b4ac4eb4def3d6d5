package runtime

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker for releases: -X github.com/tradepost/tradepost/pkg/runtime.version=v1.2.3
var version string

// Version tells which build this is.
type Version struct {
	// Version of the release, or "dev".
	Version string `json:"version"`
	// Revision is the commit, with "-dirty" where files were changed; "" where unknown.
	Revision string `json:"revision"`
	// Go that compiled it.
	Go string `json:"go"`
}

// BuildVersion tells on one line which build this program is, for people.
func BuildVersion() string { return ReadVersion().String() }

// ReadVersion tells which build this program is.
func ReadVersion() Version {
	v := Version{Version: cmp.Or(version, "dev"), Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v.Revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if v.Revision != "" {
		v.Revision += dirty
	}
	return v
}

// String is the version on one line, for --version.
func (v Version) String() string {
	if v.Revision == "" {
		return fmt.Sprintf("%s (%s)", v.Version, v.Go)
	}
	return fmt.Sprintf("%s (%s, %s)", v.Version, v.Revision, v.Go)
}
